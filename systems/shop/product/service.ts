import { service } from '@waybill/core'
import { addProduct, Catalogue, getProduct, listProducts, pricesOf, restock } from './catalogue.ts'
import { giveBack, release, Reservation, reserve, sell } from './reservation.ts'
import { Stock } from './stock.ts'

/** Knows what there is and for whom it is held. */
export const product = service('product', {
  entities: [Stock, Reservation],
  commands: [addProduct, restock],
  queries: [listProducts, getProduct, pricesOf],
  handlers: [reserve, sell, release, giveBack],
  views: [Catalogue],
})
