import { entity, internal, on } from '@waybill/core'
import Type from 'typebox'
import {
  OrderCancelled,
  OrderCreated,
  PaymentCompleted,
  PaymentFailed,
  StockReservationFailed,
  StockReserved,
} from '../events.ts'
import { productsOf, Stock, StockReleased, StockReturned, StockSold } from './stock.ts'

/** An order was cancelled before it got here: nothing will be held for it. */
export const ReservationVoided = internal('ReservationVoidedEvent', {
  data: Type.Object({ orderId: Type.String({ format: 'uuid' }) }),
})

/** What product has done for an order. */
export interface ReservationState {
  readonly status: 'NONE' | 'HELD' | 'REFUSED' | 'SOLD' | 'RELEASED' | 'VOID'
}

/** By order id. It makes every movement of stock happen once, whatever comes first. */
export const Reservation = entity<ReservationState>('reservation', { status: 'NONE' })
  .evolve(StockReserved, () => ({ status: 'HELD' }))
  .evolve(StockReservationFailed, () => ({ status: 'REFUSED' }))
  .evolve(StockSold, () => ({ status: 'SOLD' }))
  .evolve(StockReleased, () => ({ status: 'RELEASED' }))
  .evolve(StockReturned, () => ({ status: 'RELEASED' }))
  .evolve(ReservationVoided, () => ({ status: 'VOID' }))

/** Holds all items or none. */
export const reserve = on(OrderCreated)
  .at(Reservation, 'orderId')
  .at(Stock, productsOf)
  .emits(StockReserved, StockReservationFailed)
  .decide(([reservation, stock], { orderId, userId, items, total, paymentToken }) => {
    // Its cancellation overtook the order. Nobody waits for an answer: the order has ended.
    if (reservation.status !== 'NONE') return undefined
    const missing = items.filter(({ productId, quantity }) => (stock.get(productId)?.onHand ?? 0) < quantity)
    return missing.length === 0
      ? StockReserved({ orderId, userId, items, total, paymentToken })
      : StockReservationFailed({
          orderId,
          userId,
          reason: 'OUT_OF_STOCK',
          productIds: missing.map(({ productId }) => productId),
        })
  })

/** What is paid for is sold. */
export const sell = on(PaymentCompleted)
  .at(Reservation, 'orderId')
  .at(Stock, productsOf)
  .emits(StockSold)
  .decide(([{ status }], { orderId, items }) =>
    status === 'HELD' ? StockSold({ orderId, items }) : undefined,
  )

/** What is not paid for goes back on the shelf. */
export const release = on(PaymentFailed)
  .at(Reservation, 'orderId')
  .at(Stock, productsOf)
  .emits(StockReleased)
  .decide(([{ status }], { orderId, items }) =>
    status === 'HELD' ? StockReleased({ orderId, items }) : undefined,
  )

/** What belongs to a cancelled order goes back, from wherever it is. */
export const giveBack = on(OrderCancelled)
  .at(Reservation, 'orderId')
  .at(Stock, productsOf)
  .emits(StockReleased, StockReturned, ReservationVoided)
  .decide(([{ status }], { orderId, items }) => {
    switch (status) {
      case 'HELD':
        return StockReleased({ orderId, items })
      case 'SOLD':
        return StockReturned({ orderId, items })
      case 'NONE':
        return ReservationVoided({ orderId })
      default:
        return undefined
    }
  })
