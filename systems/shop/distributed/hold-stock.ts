import assert from 'node:assert/strict'
import { eventually } from '@waybill/cli/testing'
import { openPostgres } from '@waybill/postgres'

/**
 * Holds the stock of a product in the database until so many processes of the product service have a batch in hand that
 * cannot go on without it, and `then` has run.
 */
export async function holdStock(
  { store, productId, processes }: { store: string; productId: number; processes: number },
  then: () => void,
): Promise<void> {
  const database = openPostgres(store)
  try {
    await database.transaction(async ({ run }) => {
      await run({ text: `select from shop_product.entity where subject = 'stock/${productId}' for update` })
      await eventually(
        async () => {
          // Within a transaction the view would stay as it was at the first look.
          const [, [[waiting]]] = (await Promise.all([
            run({ text: 'select pg_stat_clear_snapshot()' }),
            run({
              text: `select count(*)::int from pg_stat_activity
                where datname = current_database()
                  and wait_event_type = 'Lock' and query like '%"shop_product"."entity"%for update%'`,
            }),
          ])) as any
          assert.equal(waiting, processes)
        },
        { withinMs: 60_000 },
      )
      then()
    })
  } finally {
    await database.close()
  }
}
