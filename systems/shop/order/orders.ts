import { type Caller, query, type Recorded, view } from '@waybill/core'
import Type, { type Static } from 'typebox'
import {
  OrderCancelled,
  OrderCreated,
  PaymentCompleted,
  PaymentFailed,
  StockReservationFailed,
  StockReserved,
} from '../events.ts'
import { orNull, pageOf, paging } from '../lists.ts'
import { orderNotFound } from './cancel-order.ts'
import { Order, OrderState, OrderStatus } from './order.ts'

const Time = Type.String({ format: 'date-time' })

/** An order with what has happened to it. */
const OrderAccount = Type.Object({
  orderId: Type.String(),
  ...OrderState.properties,
  createdAt: Time,
  history: Type.Array(Type.Object({ event: Type.String(), at: Time, status: OrderStatus })),
})
type OrderAccount = Static<typeof OrderAccount>

/** All orders, for reading. */
export const Orders = view('orders', {
  key: 'orderId',
  row: OrderAccount,
  indexes: [['userId'], ['status'], ['userId', 'status']],
})
  .on(OrderCreated, tell(OrderCreated.type))
  .on(StockReserved, tell(StockReserved.type))
  .on(StockReservationFailed, tell(StockReservationFailed.type))
  .on(PaymentCompleted, tell(PaymentCompleted.type))
  .on(PaymentFailed, tell(PaymentFailed.type))
  .on(OrderCancelled, tell(OrderCancelled.type))

/** Own orders; an admin's are everybody's. Newest first. */
export const listOrders = query('orders', {
  http: 'GET /api/orders',
  role: 'user',
  input: Type.Object({ status: Type.Optional(OrderStatus), ...paging }),
  output: pageOf(OrderAccount),
  answer: (read, { status, limit, cursor }, caller) =>
    read.rows(Orders, {
      where: { userId: isAdmin(caller) ? undefined : caller.userId, status },
      limit,
      cursor,
    }),
})

/** One order as it is, or as it was. */
export const getOrder = query('order', {
  http: 'GET /api/orders/{orderId}',
  role: 'user',
  input: Type.Object({ orderId: Type.String(), at: Type.Optional(Time) }),
  output: OrderAccount,
  answer: async (read, { orderId, at }, caller) => {
    const order =
      at === undefined
        ? await read.row(Orders, orderId)
        : accountOf(await read.history(Order, orderId), new Date(at))
    return mayRead(order, caller) ? order : orderNotFound
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
    const history = await read.history(Order, orderId)
    if (!mayRead(history.at(-1)?.state, caller)) return orderNotFound
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

/** The order as it was at a moment of its past. */
function accountOf(history: readonly Recorded[], moment: Date): OrderAccount | undefined {
  return history
    .filter(({ at }) => at <= moment)
    .reduce<OrderAccount | undefined>(
      (order, { type, data, ...meta }) => tell(type)(order, data, meta),
      undefined,
    )
}

/** Folds an event into an account by the order's own rules, so that what is read cannot differ from what is decided on. */
function tell(event: string) {
  return (before: OrderAccount | undefined, data: unknown, meta: { at: Date }): OrderAccount | undefined => {
    const { orderId } = data as { orderId: string }
    const order = Order.evolves.get(event)!(before ?? null, data, orderId)
    if (order === null) return undefined
    const at = meta.at.toISOString()
    const { createdAt = at, history = [] } = before ?? {}
    return { orderId, ...order, createdAt, history: [...history, { event, at, status: order.status }] }
  }
}

function mayRead<O extends { userId: string }>(order: O | null | undefined, caller: Caller): order is O {
  return order != null && (order.userId === caller.userId || isAdmin(caller))
}

function isAdmin(caller: Caller): boolean {
  return caller.roles.includes('admin')
}
