import assert from 'node:assert/strict'
import { test } from 'node:test'
import { command, entity, event, internal, later, on, query, service, system, view } from '@waybill/core'
import Type from 'typebox'
import { story } from './story.ts'

const Ref = Type.Object({ id: Type.String() })
const Placed = event('Placed', { topic: 'placed', key: 'id', data: Ref })
const Paid = event('Paid', { topic: 'paid', key: 'id', data: Ref })
const Cancelled = event('Cancelled', { topic: 'cancelled', key: 'id', data: Ref })
const Overdue = internal('Overdue', { data: Ref })

const Order = entity('order', { status: 'NONE' })
  .evolve(Placed, () => ({ status: 'PLACED' }))
  .evolve(Paid, ({ status }) => ({ status: status === 'PLACED' ? 'PAID' : status }))
  .evolve(Cancelled, () => ({ status: 'CANCELLED' }))
const place = command('place', {
  input: Ref,
  at: Order,
  id: ({ id }) => id,
  emits: [Placed, Overdue],
  decide: (_, { id }) => [Placed({ id }), later({ minutes: 5 }, Overdue({ id }))],
})
const overdue = on(Overdue)
  .at(Order, 'id')
  .emits(Cancelled)
  .decide(({ status }, { id }) => (status === 'PLACED' ? Cancelled({ id }) : undefined))
const Orders = view('orders', { key: 'id', row: Ref }).on(Placed, (_, e) => e)
const orderOf = query('order', {
  input: Ref,
  output: Type.Object({ status: Type.String() }),
  answer: (read, { id }) => read.entity(Order, id),
})

/** A small shop; `pay` is its outside world. */
function shop(pay: () => Promise<boolean>) {
  return system('shop', [
    service('order', {
      entities: [Order],
      commands: [place],
      queries: [orderOf],
      handlers: [on(Paid).at(Order, 'id').observe(), overdue],
      views: [Orders],
    }),
    service('payment', {
      handlers: [
        on(Placed)
          .effect(pay)
          .emits(Paid)
          .decide((_, e, { outcome }) =>
            outcome.status === 'answered' && outcome.value ? Paid(e) : undefined,
          ),
      ],
    }),
  ])
}

test('a flow across services goes to its end', async () => {
  const it = await story(shop(() => Promise.resolve(true)))
  const answer = await it.submit(place, { id: '1' })
  assert.equal(answer.refused, false)
  await it.settle()
  assert.deepEqual(it.events(), ['Placed', 'Paid', 'Paid'])
  assert.deepEqual(await it.ask(orderOf, { id: '1' }), { status: 'PAID' })
  assert.deepEqual(await it.read('order').row(Orders, '1'), { id: '1' })
  await it.end()
})

test('deadlines wait until time has passed', async () => {
  const it = await story(shop(() => Promise.resolve(false)))
  await it.submit(place, { id: '1' })
  await it.advance({ minutes: 4 })
  assert.deepEqual(it.events(), ['Placed'])
  await it.advance({ minutes: 1 })
  assert.deepEqual(it.events(), ['Placed', 'Overdue', 'Cancelled'])
  await it.end()
})

test('settling waits for effects that take time and for those that are tried again', async () => {
  let attempts = 0
  const it = await story(
    shop(async () => {
      attempts += 1
      if (attempts < 3) throw new Error('not yet')
      await new Promise<void>((resolve) => void it.clock.timer(4_000, resolve))
      return true
    }),
  )
  await it.submit(place, { id: '1' })
  await it.settle()
  assert.deepEqual([attempts, it.events()], [3, ['Placed', 'Paid', 'Paid']])
  await it.end()
})

test('what cannot go on is parked, with its reason', async () => {
  const it = await story(shop(() => Promise.reject(new Error('out of order'))))
  await it.submit(place, { id: '1' })
  await it.settle()
  const [parked] = await it.parked()
  assert.deepEqual([parked!.service, parked!.type], ['payment', 'Placed'])
  assert.match(parked!.message, /out of order/)
  await it.end()
})

test('the same seed gives the same story, another one other ids', async () => {
  const tell = async (seed: number) => {
    const it = await story(
      shop(() => Promise.resolve(true)),
      { seed },
    )
    await Promise.all(['1', '2', '3'].map((id) => it.submit(place, { id })))
    await it.settle()
    await it.end()
    return it.committed().map(({ id, type, at, position }) => ({ id, type, at, position }))
  }
  assert.deepEqual(await tell(1), await tell(1))
  assert.notDeepEqual(await tell(1), await tell(2))
})
