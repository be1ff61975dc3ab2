import { entity, internal } from '@waybill/core'
import Type, { type Static } from 'typebox'
import { Item, StockReserved } from '../events.ts'
import { Money } from '../money.ts'

const Moved = Type.Object({ orderId: Type.String({ format: 'uuid' }), items: Type.Array(Item) })

/** A product can be had from now on. */
export const ProductAdded = internal('ProductAddedEvent', {
  data: Type.Object({
    productId: Type.Integer(),
    name: Type.String(),
    price: Money,
    stock: Type.Integer(),
  }),
})

/** More of a product has come in. */
export const ProductRestocked = internal('ProductRestockedEvent', {
  data: Type.Object({ productId: Type.Integer(), quantity: Type.Integer() }),
})

/** What was held for an order belongs to its customer. */
export const StockSold = internal('StockSoldEvent', { data: Moved })

/** What was held for an order can be had again. */
export const StockReleased = internal('StockReleasedEvent', { data: Moved })

/** What was sold with an order can be had again. */
export const StockReturned = internal('StockReturnedEvent', { data: Moved })

/** Where the pieces of a product are. Their sum is all that was ever stocked. */
export const Counters = Type.Object({
  onHand: Type.Integer(),
  reserved: Type.Integer(),
  sold: Type.Integer(),
})
export type Counters = Static<typeof Counters>

/** A product and its counters. Only counters: who holds what is with the reservations, so a hot product stays small. */
export interface StockState extends Counters {
  readonly name: string
  readonly price: Money
}

/** By product id; `null`: there is no such product. */
export const Stock = entity<StockState | null>('stock', null)
  .evolve(ProductAdded, (_, { name, price, stock }) => ({ name, price, onHand: stock, reserved: 0, sold: 0 }))
  .evolve(ProductRestocked, (stock, { quantity }) => stock && { ...stock, onHand: stock.onHand + quantity })
  .evolve(StockReserved, move('onHand', 'reserved'))
  .evolve(StockSold, move('reserved', 'sold'))
  .evolve(StockReleased, move('reserved', 'onHand'))
  .evolve(StockReturned, move('sold', 'onHand'))

/** The entities of an order's products. */
export function productsOf({ items }: { items: readonly Item[] }): string[] {
  return items.map(({ productId }) => String(productId))
}

function move(from: keyof Counters, to: keyof Counters) {
  return (stock: StockState | null, { items }: { items: readonly Item[] }, id: string): StockState | null => {
    const { quantity = 0 } = items.find(({ productId }) => String(productId) === id) ?? {}
    return stock && { ...stock, [from]: stock[from] - quantity, [to]: stock[to] + quantity }
  }
}
