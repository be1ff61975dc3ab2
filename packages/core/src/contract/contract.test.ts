import assert from 'node:assert/strict'
import { test } from 'node:test'
import Type from 'typebox'
import {
  command,
  entity,
  event,
  internal,
  later,
  on,
  refuse,
  saga,
  service,
  system,
  topic,
  view,
} from '@waybill/core'

const Line = Type.Object({ productId: Type.Integer(), quantity: Type.Integer() })
const Placed = event('Placed', {
  topic: 'placed',
  key: 'orderId',
  data: Type.Object({ orderId: Type.String(), lines: Type.Array(Line) }),
})
const Paid = event('Paid', { topic: 'paid', key: 'orderId', data: Type.Object({ orderId: Type.String() }) })
const Failed = event('Failed', {
  topic: 'failed',
  key: 'orderId',
  data: Type.Object({ orderId: Type.String(), reason: Type.String() }),
})
const Overdue = internal('Overdue', { data: Type.Object({ orderId: Type.String() }) })

const Order = entity('order', { status: 'NONE' as 'NONE' | 'PLACED' | 'PAID' })
  .evolve(Placed, () => ({ status: 'PLACED' }))
  .evolve(Paid, () => ({ status: 'PAID' }))
const Stock = entity('stock', { onHand: 0 })

const place = command('place', {
  http: 'POST /orders',
  input: Type.Object({ orderId: Type.String(), lines: Type.Array(Line) }),
  at: Order,
  id: (input) => input.orderId,
  emits: [Placed, Overdue],
  decide: (order, input) =>
    order.status === 'NONE'
      ? [Placed(input), later({ minutes: 5 }, Overdue({ orderId: input.orderId }))]
      : refuse('ORDER_EXISTS', 'This order exists already.'),
})
const pay = on(Placed)
  .effect(() => 42)
  .emits(Paid, Failed)
  .decide((_, e, { outcome }) =>
    outcome.status === 'answered' && outcome.value === 42
      ? Paid({ orderId: e.orderId })
      : Failed({ orderId: e.orderId, reason: 'NO_ANSWER' }),
  )

const orders = service('order', {
  entities: [Order],
  commands: [place],
  handlers: [on(Paid).at(Order, 'orderId').observe()],
})
const payments = service('payment', { handlers: [pay] })

/** What must not compile; never called. */
export function typeTests(): void {
  const productIds = (e: { lines: { productId: number }[] }): string[] =>
    e.lines.map((l) => String(l.productId))
  const failed = Failed({ orderId: '', reason: '' })
  const odd = { topic: 'odd', data: Type.Object({ id: Type.String() }) }
  const row = Type.Object({ id: Type.String() })
  const doubled = { input: Type.Object({}), at: Order, id: () => '', emits: [Paid] as const }
  const counted = Type.Object({ count: Type.Integer() })
  const paying = on(Placed).emits(Paid)
  const effecting = on(Placed)
    .effect(() => 1)
    .emits(Paid)
  const ordering = on(Paid).at(Order, 'orderId').emits(Failed)
  const stocking = on(Placed).at(Stock, productIds).emits(Paid)
  // @ts-expect-error an event that is not declared in emits
  paying.decide(() => failed)
  // @ts-expect-error the same in a list
  paying.decide((_, e) => [Paid({ orderId: e.orderId }), failed])
  // @ts-expect-error the same after an effect
  effecting.decide(() => failed)
  // @ts-expect-error a field that the event does not have
  Failed({ orderId: '', reason: 'x', extra: 1 })
  // @ts-expect-error a field that is missing
  Failed({ orderId: '' })
  // @ts-expect-error a key that the event does not have
  on(Paid).at(Order, 'nope')
  // @ts-expect-error a key that the payload does not have
  event('Odd', { ...odd, key: 'nope' })
  // @ts-expect-error a state field that does not exist
  ordering.decide((order) => order.nope)
  // @ts-expect-error several ids give a Many, which has no state fields
  stocking.decide((stock) => stock.onHand)
  // @ts-expect-error a command that emits what it does not declare
  command('x', { ...doubled, decide: () => failed })
  // @ts-expect-error a reply that does not fit the output
  command('x', { ...doubled, output: counted, decide: () => undefined, reply: () => ({ count: 'x' }) })
  // @ts-expect-error a row that does not fit the view
  view('v', { key: 'id', row }).on(Paid, () => ({ id: 1 }))
  // @ts-expect-error an evolve that gives another state
  entity('e', { n: 0 }).evolve(Paid, () => ({ n: 'x' }))
  // @ts-expect-error a state that no JSON holds
  entity('e', { at: new Date(0) })
  // two entities give a tuple
  on(Placed)
    .at(Order, 'orderId')
    .at(Stock, productIds)
    .emits(Paid)
    .decide(([order, stock], e) =>
      order.status === 'NONE' && stock.get(1).onHand > 0 ? Paid({ orderId: e.orderId }) : undefined,
    )
}

test('a system knows its events and who emits them', () => {
  const shop = system('shop', [orders, payments])
  assert.deepEqual([...shop.events.keys()].sort(), ['Failed', 'Overdue', 'Paid', 'Placed'])
  assert.equal(shop.producerOf.get('Paid')?.name, 'payment')
})

test('a system that does not fit together is refused with all its faults at once, each with its place', () => {
  const Orphan = event('Orphan', { topic: 'orphan', key: 'id', data: Type.Object({ id: Type.String() }) })
  const PaidElsewhere = event('PaidElsewhere', {
    topic: topic('paid', { partitions: 3 }),
    key: 'orderId',
    data: Type.Object({ orderId: Type.String() }),
  })
  const rival = service('Rival', {
    commands: [
      command('again', {
        http: 'POST /orders',
        input: Type.Object({}),
        at: Stock,
        id: () => '1',
        emits: [Paid, PaidElsewhere],
        decide: () => undefined,
      }),
    ],
    handlers: [
      on(Orphan).at(Order, 'id').observe(),
      on(Overdue)
        .emits(Failed)
        .decide(() => undefined),
    ],
  })
  assert.throws(
    () =>
      system(
        'shop',
        [orders, payments, rival],
        [saga('s', { starts: Placed, ends: { done: [Orphan] }, within: { minutes: 1 } })],
      ),
    (error: Error & { code?: string }) => {
      assert.equal(error.code, 'SYSTEM_INVALID')
      for (const fault of [
        'service Rival: its name takes lower case letters, digits and dashes',
        'event Paid: emitted by payment and Rival; one service owns an event',
        'event Failed: emitted by payment and Rival',
        'service Rival: handles Orphan, which nobody emits',
        'service Rival: handles Overdue, which is internal to order',
        'command again uses entity stock, which no service lists',
        'handler on Orphan uses entity order, which belongs to order',
        'topic paid: declared with different settings',
        'route POST /orders: taken by order.place and Rival.again',
        'saga s: names Orphan, which nobody emits',
      ]) {
        assert.ok(error.message.includes(fault), `${fault}\nis missing in\n${error.message}`)
      }
      return true
    },
  )
})
