import { type Caller, query, refuse, view } from '@waybill/core'
import Type, { type Static } from 'typebox'
import { OrderCancelled, OrderCreated, PaymentCompleted } from '../events.ts'
import { orNull, pageOf, paging } from '../lists.ts'
import { orderNotFound } from './cancel-order.ts'
import { Order, OrderState, OrderStatus } from './order.ts'

const Time = Type.String({ format: 'date-time' })

/** An order as its owner reads it. */
const OrderAccount = Type.Object({ orderId: Type.String(), ...OrderState.properties })

/** Whose orders there are, by status. Everything else is in the orders themselves. */
export const Orders = view('orders', {
  key: 'orderId',
  row: Type.Object({ orderId: Type.String(), userId: Type.String(), status: OrderStatus }),
  indexes: [['userId'], ['userId', 'status'], ['status']],
})
  .on(OrderCreated, (_, { orderId, userId }) => ({ orderId, userId, status: 'PENDING' }))
  .on(PaymentCompleted, (row) => (row?.status === 'PENDING' ? { ...row, status: 'CONFIRMED' } : row))
  .on(OrderCancelled, (row) => row && { ...row, status: 'CANCELLED' })

/** Own orders; an admin's are everybody's. Newest first. */
export const listOrders = query('orders', {
  http: 'GET /api/orders',
  role: 'user',
  input: Type.Object({ status: Type.Optional(OrderStatus), ...paging }),
  output: pageOf(OrderAccount),
  answer: async (read, { status, limit, cursor }, caller) => {
    const userId = isAdmin(caller) ? undefined : caller.userId
    const { items: rows, nextCursor } = await read.rows(Orders, { where: { userId, status }, limit, cursor })
    const ids = rows.map(({ orderId }) => orderId)
    const orders = await read.entities(Order, ids)
    return { items: ids.map((orderId) => accountOf(orderId, orders.get(orderId)!)), nextCursor }
  },
})

/** One order as it is, or as it was. */
export const getOrder = query('order', {
  http: 'GET /api/orders/{orderId}',
  role: 'user',
  input: Type.Object({ orderId: Type.String(), at: Type.Optional(Time) }),
  output: OrderAccount,
  answer: async (read, { orderId, at }, caller) => {
    const time = at === undefined ? undefined : new Date(at)
    // RFC 3339 has leap seconds, a `Date` has not.
    if (Number.isNaN(time?.getTime())) {
      return refuse('TIME_INVALID', `${at} is no moment that the clock shows.`, { pointer: '/at' })
    }
    const order = await (time === undefined
      ? read.entity(Order, orderId)
      : read.entityAt(Order, orderId, { time }))
    return mayRead(order, caller) ? accountOf(orderId, order) : orderNotFound
  },
})

/** The audit log of one order: every event that made it what it is. */
export const getOrderEvents = query('order-events', {
  http: 'GET /api/orders/{orderId}/events',
  role: 'user',
  input: Type.Object({ orderId: Type.String() }),
  output: Type.Object({
    items: Type.Array(
      Type.Object({
        position: Type.Integer(),
        eventId: Type.String(),
        event: Type.String(),
        at: Time,
        status: OrderStatus,
        correlationId: Type.String(),
        causationId: orNull(Type.String()),
        data: Type.Record(Type.String(), Type.Unknown()),
      }),
    ),
  }),
  answer: async (read, { orderId }, caller) => {
    // Before the history is read: who may not see it makes nobody fold it.
    if (!mayRead(await read.entity(Order, orderId), caller)) return orderNotFound
    const history = await read.history(Order, orderId)
    return {
      items: history.map(({ id, type, at, causationId = null, state, ...rest }) => ({
        ...rest,
        eventId: id,
        event: type,
        at: at.toISOString(),
        status: state!.status,
        causationId,
      })),
    }
  },
})

function accountOf(orderId: string, order: OrderState): Static<typeof OrderAccount> {
  return { orderId, ...order }
}

function mayRead(order: OrderState | null | undefined, caller: Caller): order is OrderState {
  return order != null && (order.userId === caller.userId || isAdmin(caller))
}

function isAdmin(caller: Caller): boolean {
  return caller.roles.includes('admin')
}
