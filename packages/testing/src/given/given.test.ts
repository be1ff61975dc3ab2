import assert from 'node:assert/strict'
import { test } from 'node:test'
import { command, entity, event, internal, later, type Many, on, refuse } from '@waybill/core'
import Type from 'typebox'
import { any, anyId } from './any.ts'
import { given } from './given.ts'
import { testId, testTime } from './test-meta.ts'

const Lines = Type.Array(Type.Object({ product: Type.Integer(), quantity: Type.Integer() }))
const Ordered = event('Ordered', {
  topic: 'ordered',
  key: 'orderId',
  data: Type.Object({ orderId: Type.String(), lines: Lines }),
})
const Received = event('Received', {
  topic: 'received',
  key: 'product',
  data: Type.Object({ product: Type.Integer(), quantity: Type.Integer() }),
})
const Reserved = event('Reserved', {
  topic: 'reserved',
  key: 'orderId',
  data: Type.Object({ orderId: Type.String(), lines: Lines }),
})
const Refused = event('Refused', {
  topic: 'refused',
  key: 'orderId',
  data: Type.Object({ orderId: Type.String(), note: Type.Optional(Type.String()) }),
})
const Overdue = internal('Overdue', { data: Type.Object({ orderId: Type.String() }) })

const Stock = entity('stock', { onHand: 0 })
  .evolve(Received, (stock, e) => ({ onHand: stock.onHand + e.quantity }))
  .evolve(Reserved, (stock, e, id) => ({
    onHand: stock.onHand - (e.lines.find((line) => String(line.product) === id)?.quantity ?? 0),
  }))
const Order = entity('order', { placed: false }).evolve(Ordered, () => ({ placed: true }))

const products = (e: { lines: { product: number }[] }) => e.lines.map((line) => String(line.product))
const enough = (stock: Many<{ onHand: number }>, lines: { product: number; quantity: number }[]) =>
  lines.every((line) => stock.get(line.product).onHand >= line.quantity)

const reserve = on(Ordered)
  .at(Stock, products)
  .at(Order, 'orderId')
  .emits(Reserved, Refused)
  .decide(([stock, order], e) =>
    !order.placed && enough(stock, e.lines) ? Reserved({ ...e }) : Refused({ orderId: e.orderId }),
  )
const charge = on(Reserved)
  .effect((_, e, { idempotencyKey }) => Promise.resolve(`${idempotencyKey} for ${e.orderId}`))
  .emits(Ordered, Refused)
  .decide((_, e, { outcome }) =>
    outcome.status === 'unknown' ? Refused({ orderId: e.orderId, note: 'unknown' }) : Ordered({ ...e }),
  )
const place = command('place', {
  input: Type.Object({ lines: Lines }),
  at: Order,
  id: (_, { newId }) => newId(),
  emits: [Ordered, Overdue],
  decide: (order, input, { id, newId }) =>
    order.placed
      ? refuse('ORDER_EXISTS', 'It exists.', { pointer: '/lines' })
      : [Ordered({ orderId: id, lines: input.lines }), later({ minutes: 5 }, Overdue({ orderId: newId() }))],
  output: Type.Object({ id: Type.String(), placed: Type.Boolean() }),
  reply: ({ placed }, { id }) => ({ id, placed }),
})

const oneAndTwo = [
  { product: 1, quantity: 3 },
  { product: 2, quantity: 1 },
]
const ordered = Ordered({ orderId: 'o1', lines: oneAndTwo })

test('each entity has its own past', () => {
  const { state } = given(Stock, '1', Received({ product: 1, quantity: 4 }))
    .and(Stock, '2', Received({ product: 2, quantity: 1 }))
    .when(reserve, ordered)
    .then(Reserved({ orderId: 'o1', lines: oneAndTwo }))
  assert.deepEqual([state(Stock, '1'), state(Stock, '2')], [{ onHand: 1 }, { onHand: 0 }])
})

test('a past without an id is that of every loaded entity', () => {
  given(Stock, Received({ product: 0, quantity: 3 }))
    .when(reserve, ordered)
    .then(Reserved({ ...ordered.data } as any))
  given(Stock, Received({ product: 0, quantity: 3 }))
    .and(Order, ordered)
    .when(reserve, ordered)
    .then(Refused({ orderId: 'o1' }))
})

test('a command decides, replies, or is refused', () => {
  given()
    .when(place, { lines: oneAndTwo })
    .then(Ordered({ orderId: testId(1), lines: any() }), later({ minutes: 5 }, Overdue({ orderId: anyId() })))
    .thenReplies({ id: testId(1), placed: true })
  given(Order, ordered).when(place, { lines: oneAndTwo }).thenRefused('ORDER_EXISTS', { pointer: '/lines' })
})

test('a delay is part of a deadline', () => {
  const result = given().when(place, { lines: oneAndTwo })
  const [first, second] = [Ordered({ orderId: any(), lines: any() }), Overdue({ orderId: any() })]
  assert.throws(() => result.then(first, later({ minutes: 4 }, second)), /240000/)
  assert.throws(() => result.then(first, second), /300000/)
})

test('an effect runs against stubs and its outcome is given to the decide', async () => {
  const reserved = Reserved({ orderId: 'o1', lines: [] })
  const answer = await given().effect(charge, reserved, { idempotencyKey: 'once' })
  assert.equal(answer, 'once for o1')
  given()
    .outcome(answer)
    .when(charge, reserved)
    .then(Ordered({ orderId: 'o1', lines: [] }))
  given()
    .outcomeUnknown()
    .when(charge, reserved)
    .then(Refused({ orderId: 'o1', note: 'unknown' }))
  assert.throws(() => given().when(charge, reserved), /has an effect/)
  assert.throws(() => given().outcome(1).when(reserve, ordered), /has no effect/)
})

test('an observed event is folded in', () => {
  const observe = on(Received).at(Stock, 'product').observe()
  const { state } = given(Stock, Received({ product: 1, quantity: 1 }))
    .when(observe, Received({ product: 1, quantity: 2 }))
    .thenNothing()
  assert.deepEqual(state(Stock), { onHand: 3 })
})

test('a field that is undefined equals one that is missing', () => {
  given()
    .when(reserve, ordered)
    .then(Refused({ orderId: 'o1', note: undefined as unknown as string }))
})

test('what does not come as expected shows in the diff', () => {
  const result = given().when(reserve, ordered)
  assert.throws(() => result.then(Refused({ orderId: 'o2' })), /-\s+orderId: 'o2'|\+\s+orderId: 'o1'/)
  assert.throws(() => result.thenNothing(), /Refused/)
  assert.throws(() => result.thenRefused('NO'), /not refused/)
})

test('decides that are not pure fail', () => {
  const deciding = on(Ordered).at(Order, 'orderId').emits(Refused)
  let calls = 0
  const counting = deciding.decide(() => Refused({ orderId: String((calls += 1)) }))
  assert.throws(() => given().when(counting, ordered), /not pure/)
  const changesState = deciding.decide((order) => void (order.placed = true))
  assert.throws(() => given().when(changesState, ordered), TypeError)
  const changesEvent = deciding.decide((_, e) => void e.lines.pop())
  assert.throws(() => given().when(changesEvent, ordered), TypeError)
})

test('an undeclared event and a payload that does not fit fail', () => {
  const undeclared = on(Ordered)
    .emits(Refused)
    .decide((): any => Overdue({ orderId: '' }))
  assert.throws(() => given().when(undeclared, ordered), /Overdue, which emits/)
  const unfit = on(Ordered)
    .emits(Refused)
    .decide(() => Refused({ orderId: 1 as unknown as string }))
  assert.throws(() => given().when(unfit, ordered), /\/orderId must be string/)
})

test('a past without influence fails', () => {
  const forOrder = on(Ordered)
    .at(Order, 'orderId')
    .emits(Refused)
    .decide(() => undefined)
  assert.throws(() => given(Stock).when(forOrder, ordered), /given stock, but loaded: order/)
  assert.throws(() => given(Order, Refused({ orderId: '1' })).when(forOrder, ordered), /does not evolve/)
})

test('what a decide may not see: an entity that its at does not name', () => {
  const peeking = on(Ordered)
    .at(Stock, products)
    .emits(Refused)
    .decide((stock) => void stock.get('9'))
  assert.throws(() => given().when(peeking, ordered), /asks for stock 9/)
})

test('the past and the decision have their times', () => {
  const Clock = entity('clock', { times: [] as number[] }).evolve(Received, ({ times }, _, __, at) => ({
    times: [...times, at.getTime()],
  }))
  const observe = on(Received).at(Clock, 'product').observe()
  const received = Received({ product: 1, quantity: 1 })
  const at = new Date('2026-03-01T00:00:00Z')
  const { state } = given(Clock, received).when(observe, received, { at }).thenNothing()
  assert.deepEqual(state(Clock).times, [testTime.getTime(), at.getTime()])
})

test('the result is no promise', async () => {
  await assert.rejects(async () => {
    await (given().when(reserve, ordered) as unknown as Promise<void>)
  }, /no promise/)
})
