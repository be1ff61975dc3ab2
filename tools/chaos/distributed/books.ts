import { type Database, openPostgres } from '@waybill/postgres'
import type { Seen, SeenOrder } from '../invariants.ts'
import type { CommittedEvent } from './key-order.ts'

/** What the shop's databases say. By SQL: nobody pages through a hundred thousand orders while others wait. */
export interface Books {
  /** All that was ever told, with whom it was told to. */
  told(): Promise<readonly (Seen['told'][number] & { readonly userId: string })[]>
  /** @param stocked how much of each product */
  see(promised: readonly string[], stocked: ReadonlyMap<number, number>): Promise<Seen>
  /** How many notifications have been committed, up to the last position that was counted. */
  countNotifications(after: number): Promise<{ readonly count: number; readonly upTo: number }>
  /** What was committed for topics, by topic, in the order of the commits. */
  committed(): Promise<ReadonlyMap<string, readonly CommittedEvent[]>>
  close(): Promise<void>
}

const services = ['user', 'registry', 'product', 'order', 'payment', 'notification', 'simulator'] as const

export function openBooks(url: string): Books {
  const database = openPostgres(url, { connections: 2 })
  const rows = (text: string, ...values: readonly (string | number)[]): ReturnType<Ask> =>
    database.read((run) => run({ text, values }))

  const orders = async (): Promise<readonly SeenOrder[]> => {
    const found = await rows(
      `select substr(subject, 7), state -> 'status', state -> 'reason', state -> 'items', state -> 'total'
       from (select subject, state::jsonb from shop_order.entity_state where subject like 'order/%') e`,
    )
    return found.map(([orderId, status, reason, items, total]) => ({ orderId, status, reason, items, total }))
  }

  const products = async (stocked: ReadonlyMap<number, number>): Promise<Seen['products']> => {
    const found = await rows(
      `select substr(subject, 7), state::jsonb from shop_product.entity_state where subject like 'stock/%'`,
    )
    const stocks = new Map(found.map(([productId, stock]) => [Number(productId), stock]))
    return [...stocked].map(([productId, all]) => ({
      productId,
      stocked: all,
      stock: stocks.get(productId),
    }))
  }

  const book = async (): Promise<Seen['book']> =>
    (await rows(`select row from shop_simulator.view_book`)).map(([row]) => row)

  const ledger = async (): Promise<Seen['ledger']> => {
    const [[sum]] = (await rows(
      `select coalesce(sum((row -> 'balance' ->> 'amount')::bigint), 0)::bigint from shop_payment.view_balances`,
    )) as [[number]]
    const movements = await rows(
      `select row ->> 'key', row ->> 'kind', (row -> 'postings' -> 0 -> 'amount' ->> 'amount')::bigint
       from shop_payment.view_ledger`,
    )
    return {
      sum,
      movements: movements.map(([key, kind, amount]) => ({ key, kind, amount: Math.abs(amount) })),
    }
  }

  const told: Books['told'] = async () => {
    const found = await rows(
      `select key, row ->> 'orderId', row ->> 'status', row ->> 'userId' from shop_notification.view_notifications`,
    )
    return found.map(([notificationId, orderId, status, userId]) => ({
      notificationId,
      orderId,
      status,
      userId,
    }))
  }

  const parked = async (): Promise<readonly string[]> => {
    const found = await Promise.all(
      services.map((service) =>
        rows(`select '${service}', type, key, reason, error_message from shop_${service}.parked`),
      ),
    )
    return found.flat().map((columns) => columns.join(' '))
  }

  return {
    told,
    see: async (promised, stocked) => ({
      promised,
      orders: await orders(),
      products: await products(stocked),
      book: await book(),
      ledger: await ledger(),
      told: await told(),
      parked: await parked(),
    }),
    countNotifications: async (after) => {
      const [[count, upTo]] = (await rows(
        `select count(*), coalesce(max(pos), $1::bigint) from shop_notification.event
         where pos > $1::bigint and type = 'NotificationEvent'`,
        after,
      )) as [[number, number]]
      return { count, upTo }
    },
    committed: async () => {
      const byTopic = new Map<string, CommittedEvent[]>()
      for (const service of services) {
        const found = await rows(
          `select topic, id, key from shop_${service}.event where topic is not null order by pos`,
        )
        for (const [topic, id, key] of found) {
          const events = byTopic.get(topic) ?? []
          events.push({ id, key })
          byTopic.set(topic, events)
        }
      }
      return byTopic
    },
    close: () => database.close(),
  }
}

type Ask = Parameters<Parameters<Database['read']>[0]>[0]
