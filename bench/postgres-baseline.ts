import { randomUUID } from 'node:crypto'
import { openPostgres } from '@waybill/postgres'
import { bareEventInserts } from '@waybill/postgres/testing'

const batch = 500
const seconds = 2

/**
 * R_pg: bare inserts of event rows as the shop writes them, in sets of 500 on one connection, one transaction each.
 * The limit that nothing which stores these rows one by one can pass.
 */
export async function measurePostgres(url: string): Promise<number> {
  const database = openPostgres(url, { connections: 1 })
  try {
    const insert = await bareEventInserts(database)
    const events = Array.from({ length: batch }, () => {
      const orderId = randomUUID()
      return {
        id: randomUUID(),
        type: 'StockReservedEvent',
        topic: 'stock-reserved',
        key: orderId,
        subject: `reservation/${orderId}`,
        correlationId: randomUUID(),
        causationId: randomUUID(),
        traceparent: undefined,
        at: Date.now(),
        payload: Buffer.alloc(150, 7),
      }
    })
    for (let warm = 0; warm < 20; warm += 1) await insert(events)
    const start = performance.now()
    let inserted = 0
    while (performance.now() - start < seconds * 1_000) {
      await insert(events)
      inserted += batch
    }
    return inserted / ((performance.now() - start) / 1_000)
  } finally {
    await database.close()
  }
}
