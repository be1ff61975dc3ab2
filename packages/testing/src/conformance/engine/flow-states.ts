import { entity, view } from '@waybill/core'
import Type from 'typebox'
import type { FlowEvents } from './flow-events.ts'

export interface OrderState {
  readonly status: 'NONE' | 'PLACED' | 'REFUSED' | 'PAID' | 'UNKNOWN' | 'CANCELLED'
  /** Every event of the order, as it came. */
  readonly seen: readonly string[]
}

/** The entities of one flow. Each lists what happened to it, so that nothing can happen twice without being seen. */
export function flowEntities(events: FlowEvents) {
  const { Placed, Reserved, Refused, Paid, PaymentUnknown, Cancelled, Noted, Read, Restocked } = events
  const becomes =
    (type: string, status?: OrderState['status']) =>
    (order: OrderState): OrderState => ({ status: status ?? order.status, seen: [...order.seen, type] })
  const none: OrderState = { status: 'NONE', seen: [] }
  return {
    Order: entity('order', none)
      .evolve(Placed, becomes('Placed', 'PLACED'))
      .evolve(events.Welcomed, becomes('Welcomed'))
      .evolve(Reserved, becomes('Reserved'))
      .evolve(Refused, becomes('Refused', 'REFUSED'))
      .evolve(Paid, becomes('Paid', 'PAID'))
      .evolve(PaymentUnknown, becomes('PaymentUnknown', 'UNKNOWN'))
      .evolve(events.Overdue, becomes('Overdue'))
      .evolve(Cancelled, becomes('Cancelled', 'CANCELLED')),
    Notebook: entity('notebook', { written: 0 }).evolve(Noted, ({ written }) => ({ written: written + 1 })),
    Page: entity('page', { read: [] as readonly number[] }).evolve(Read, ({ read }, { n }) => ({
      read: [...read, n],
    })),
    Stock: entity('stock', { onHand: 0, takenBy: [] as readonly string[] })
      .evolve(Restocked, (stock, { quantity }) => ({ ...stock, onHand: stock.onHand + quantity }))
      .evolve(Reserved, ({ onHand, takenBy }, { orderId }) => ({
        onHand: onHand - 1,
        takenBy: [...takenBy, orderId],
      })),
    Payment: entity('payment', { paid: 0 }).evolve(Paid, ({ paid }) => ({ paid: paid + 1 })),
  }
}

/** The views of one flow. */
export function flowViews({ Placed, Refused, Paid, PaymentUnknown, Cancelled }: FlowEvents) {
  const orders = view('orders', {
    key: 'orderId',
    row: Type.Object({ orderId: Type.String(), status: Type.String(), changes: Type.Integer() }),
    indexes: [['status']],
  })
  return {
    Orders: [Placed, Refused, Paid, PaymentUnknown, Cancelled].reduce(
      (all, event) =>
        all.on(event, (row, { orderId }) => ({
          orderId,
          status: event.type,
          changes: (row?.changes ?? 0) + 1,
        })),
      orders,
    ),
    /** Its key is not the events' key: batches of all orders meet in one row. */
    Products: view('products', {
      key: 'product',
      row: Type.Object({ product: Type.String(), placed: Type.Integer() }),
    }).on(Placed, (row, { product }) => ({ product, placed: (row?.placed ?? 0) + 1 })),
  }
}
