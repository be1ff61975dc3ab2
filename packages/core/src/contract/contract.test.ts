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
  const vague = Type.Object({
    n: Type.Integer(),
    yes: Type.Boolean(),
    who: Type.Optional(Type.String()),
    nobody: Type.Union([Type.String(), Type.Null()]),
  })
  const Vague = internal('Vague', { data: vague })
  on(Vague).at(Order, 'n')
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
  // @ts-expect-error a field that may be absent names nothing
  on(Vague).at(Order, 'who')
  // @ts-expect-error nor does one that may be null
  on(Vague).at(Order, 'nobody')
  // @ts-expect-error nor one that is no text and no number
  on(Vague).at(Order, 'yes')
  // @ts-expect-error nor a function that may find nothing
  on(Vague).at(Order, ({ who }) => who)
  // @ts-expect-error a key that may be absent
  event('Odd', { ...odd, key: 'who', data: Vague.schema as typeof vague })
  // @ts-expect-error the row of a view is named by what every event of it has
  view('v', { key: 'id', row }).on(Vague, () => undefined)
  // @ts-expect-error a view whose key may be absent
  view('v', { key: 'who', row: vague })
  // @ts-expect-error a command that may name nothing
  command('x', { ...doubled, id: (): string | undefined => undefined, decide: () => undefined })
  // @ts-expect-error a decide that is async
  paying.decide(async () => undefined)
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

test('fields that are not there, or cannot name anything, are listed with those that can', () => {
  const data = Type.Object({ id: Type.String(), depot: Type.String(), grams: Type.Number() })
  const Sent = event('Sent', { topic: 'sent', key: 'id', data })
  const Lost = event('Lost', { topic: 'lost', key: 'depott' as 'depot', data })
  const Shelf = entity('shelf', { free: 1 })
  const shelve = on(Sent)
    .at(Shelf, 'depott' as 'depot')
    .at(Shelf, 'grams')
    .emits(Sent, Lost)
    .decide(() => undefined)
  const Rows = view('rows', {
    key: 'depot',
    row: Type.Object({ depot: Type.String() }),
    indexes: [['idd' as 'depot']],
  })
  const locate = command('locate', {
    http: 'PUT /depots/{dept}',
    input: Type.Object({ depot: Type.String() }),
    at: Shelf,
    id: ({ depot }) => depot,
    emits: [],
    decide: () => undefined,
  })
  const Odd = internal('Odd', {
    data: Type.Object({
      size: Type.Tuple([Type.Integer(), Type.Integer()]),
      many: Type.Array(Type.Union([Type.String(), Type.Integer()])),
    }),
  })
  const odd = on(Sent)
    .emits(Odd)
    .decide(() => undefined)
  const depot = service('depot', {
    entities: [Shelf],
    handlers: [shelve, odd],
    commands: [locate],
    views: [Rows.on(Odd as unknown as typeof Sent, () => undefined)],
  })
  assert.throws(
    () => system('post', [depot]),
    (error: Error) => {
      assert.deepEqual(error.message.split('\n  - ').slice(1).toSorted(), [
        'event Lost, key: Lost has no field depott; did you mean depot? its fields are id, depot, grams',
        'event Odd, field many[]: a union of several types; only one type, or literal strings, and null can be in one',
        'event Odd, field size: a tuple; use an object, or an array of one type',
        'route PUT /depots/{dept}: the input of depot.locate has no field dept; did you mean depot? its fields are depot',
        'service depot: handler on Sent, at shelf: Sent has no field depott; did you mean depot? its fields are id, depot, grams',
        'service depot: handler on Sent, at shelf: Sent.grams is neither a string nor an integer; a key takes a required string or integer',
        'service depot: view rows on Odd: Odd has no field depot; its fields are size, many',
        'service depot: view rows, index: its row has no field idd; its fields are depot',
      ])
      return true
    },
  )
})
