import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Emitted, later, type Read } from '@waybill/core'
import { given, givenView } from '@waybill/testing'
import { OrderCreated } from '../events.ts'
import {
  cancelled,
  completed,
  created,
  declined,
  items,
  orderId,
  outOfStock,
  reserved,
  total,
  userId,
} from '../test-data.ts'
import { cancelOrder, orderNotFound } from './cancel-order.ts'
import { Order, type OrderState } from './order.ts'
import { getOrder, getOrderEvents, listOrders, Orders } from './orders.ts'
import { placeOrder } from './place-order.ts'
import {
  cancelWhenOverdue,
  cancelWithoutPayment,
  cancelWithoutStock,
  OrderOverdue,
  orderSaga,
} from './saga.ts'

const overdue = OrderOverdue({ orderId })
const somebody = { userId: 'somebody', roles: ['user'] }
const admin = { userId: 'boss', roles: ['admin'] }

const request = {
  orderItems: items.map(({ productId, quantity }) => ({ productId, quantity })),
  shippingAddress: '서울시 강남구',
  paymentMethod: 'CREDIT_CARD' as const,
}
const prices = { items: items.map(({ productId, price }) => ({ productId, price })) }

test('an order is placed at the prices of the moment and has five minutes', () => {
  given()
    .when(placeOrder, request, { gathered: prices, id: orderId })
    .then(created, later({ minutes: 5 }, overdue))
    .thenReplies({ orderId, status: 'PENDING', total, items })
})

test('the customer may say what to pay with', () => {
  given()
    .when(placeOrder, { ...request, paymentToken: 'tok_declined' }, { gathered: prices, id: orderId })
    .then(
      OrderCreated({ ...(created.data as any), paymentToken: 'tok_declined' }),
      later({ minutes: 5 }, overdue),
    )
})

test('the prices are asked from product, for all lines at once', async () => {
  const asked: unknown[] = []
  await given().effect(placeOrder, request, {
    ask: async (query, input) => {
      asked.push(query.name, input)
      return { items: [] } as any
    },
  })
  assert.deepEqual(asked, ['prices-of', { productIds: [1, 2] }])
})

test('an unknown product is refused by its line', () => {
  given()
    .when(placeOrder, request, { gathered: { items: prices.items.slice(0, 1) } })
    .thenRefused('UNKNOWN_PRODUCT', { pointer: '/orderItems/1/productId', kind: 'invalid' })
})

test('a second item with the same product is refused by its line', () => {
  const orderItems = [...request.orderItems, { productId: 1, quantity: 1 }]
  given()
    .when(placeOrder, { ...request, orderItems }, { gathered: prices })
    .thenRefused('DUPLICATE_PRODUCT', { pointer: '/orderItems/2/productId', kind: 'invalid' })
})

test('without stock or payment a pending order is cancelled', () => {
  given(Order, created).when(cancelWithoutStock, outOfStock).then(cancelled('OUT_OF_STOCK'))
  given(Order, created, reserved).when(cancelWithoutPayment, declined).then(cancelled('CARD_DECLINED'))
})

test('an order that is not confirmed in time is cancelled', () => {
  given(Order, created).when(cancelWhenOverdue, overdue).then(cancelled('TIMEOUT'))
  given(Order, created, reserved).when(cancelWhenOverdue, overdue).then(cancelled('TIMEOUT'))
  given(Order, created, completed).when(cancelWhenOverdue, overdue).thenNothing()
})

test('a cancelled order is not cancelled again', () => {
  const past = [created, cancelled('CUSTOMER')]
  given(Order, ...past)
    .when(cancelWithoutStock, outOfStock)
    .thenNothing()
  given(Order, ...past)
    .when(cancelWithoutPayment, declined)
    .thenNothing()
  given(Order, ...past)
    .when(cancelWhenOverdue, overdue)
    .thenNothing()
})

test('a customer cancels a pending or confirmed order, once', () => {
  given(Order, created)
    .when(cancelOrder, { orderId })
    .then(cancelled('CUSTOMER'))
    .thenReplies({ orderId, status: 'CANCELLED' })
  given(Order, created, reserved, completed).when(cancelOrder, { orderId }).then(cancelled('CUSTOMER'))
  given(Order, created, cancelled('TIMEOUT'))
    .when(cancelOrder, { orderId })
    .thenRefused('ALREADY_CANCELLED', { kind: 'conflict' })
})

test('nobody cancels an order that is not there, or is not theirs', () => {
  given().when(cancelOrder, { orderId }).thenRefused('ORDER_NOT_FOUND', { kind: 'not-found' })
  for (const caller of [somebody, admin]) {
    given(Order, created)
      .when(cancelOrder, { orderId }, { caller })
      .thenRefused('ORDER_NOT_FOUND', { kind: 'not-found' })
  }
})

test('the saga goes forward step by step, and back from where it was', () => {
  const sagaAfter = (...events: Emitted[]) => orderAfter(created, ...events).saga
  assert.deepEqual(sagaAfter(), { state: 'RUNNING', step: 'STOCK_RESERVATION' })
  assert.deepEqual(sagaAfter(outOfStock), { state: 'COMPENSATING', step: 'STOCK_RESERVATION' })
  assert.deepEqual(sagaAfter(reserved), { state: 'RUNNING', step: 'PAYMENT' })
  assert.deepEqual(sagaAfter(reserved, declined), { state: 'COMPENSATING', step: 'PAYMENT' })
  assert.deepEqual(sagaAfter(reserved, declined, cancelled('CARD_DECLINED')), {
    state: 'COMPENSATED',
    step: 'PAYMENT',
  })
  assert.deepEqual(sagaAfter(reserved, completed), { state: 'COMPLETED', step: 'DONE' })
  assert.deepEqual(sagaAfter(reserved, completed, cancelled('CUSTOMER')), {
    state: 'COMPENSATED',
    step: 'DONE',
  })
})

test('an answer that comes late is recorded and sets nothing back', () => {
  const early = orderAfter(created, completed, reserved)
  assert.deepEqual([early.status, early.saga.state], ['CONFIRMED', 'COMPLETED'])
  const late = orderAfter(created, cancelled('TIMEOUT'), reserved, completed)
  assert.deepEqual([late.status, late.reason, late.saga.state], ['CANCELLED', 'TIMEOUT', 'COMPENSATED'])
  assert.deepEqual(
    late.history.map(({ event, status }) => `${event} ${status}`),
    [
      'OrderCreatedEvent PENDING',
      'OrderCancelledEvent CANCELLED',
      'StockReservedEvent CANCELLED',
      'PaymentCompletedEvent CANCELLED',
    ],
  )
})

test('every answer to an order is observed', () => {
  const observed = orderSaga.filter(({ observes }) => observes).map(({ event }) => event.type)
  assert.deepEqual(observed, [
    'StockReservedEvent',
    'StockReservationFailedEvent',
    'PaymentCompletedEvent',
    'PaymentFailedEvent',
  ])
})

test('a user reads own orders, an admin all', async () => {
  const read = { entity: async () => orderAfter(created) } as unknown as Read
  for (const caller of [{ userId, roles: ['user'] }, admin]) {
    assert.equal(((await getOrder.answer(read, { orderId }, caller)) as { orderId: string }).orderId, orderId)
  }
  assert.equal(await getOrder.answer(read, { orderId }, somebody), orderNotFound)
  // This one has no history to read.
  assert.equal(await getOrderEvents.answer(read, { orderId }, somebody), orderNotFound)

  const selections: unknown[] = []
  const list = {
    rows: async (_: unknown, { where }: any) => {
      selections.push(where)
      return { items: [], nextCursor: null }
    },
    entities: async () => new Map(),
  } as unknown as Read
  for (const caller of [somebody, admin]) await listOrders.answer(list, { status: 'PENDING' }, caller)
  assert.deepEqual(selections, [
    { userId: 'somebody', status: 'PENDING' },
    { userId: undefined, status: 'PENDING' },
  ])
})

test('the list knows the status of each order, and a late payment does not revive a cancelled one', () => {
  const statusAfter = (...events: Emitted[]) =>
    events.reduce((view, event) => view.on(event), givenView(Orders)).row(orderId)?.status
  assert.equal(statusAfter(created), 'PENDING')
  assert.equal(statusAfter(created, completed), 'CONFIRMED')
  assert.equal(statusAfter(created, completed, cancelled('CUSTOMER')), 'CANCELLED')
  assert.equal(statusAfter(created, cancelled('TIMEOUT'), completed), 'CANCELLED')
})

function orderAfter(...events: Emitted[]): OrderState {
  return given(Order, ...events).state(Order)!
}
