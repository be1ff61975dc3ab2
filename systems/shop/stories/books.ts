import { allItems } from '@waybill/cli/testing'
import type { BookEntry } from '@waybill/runtime'
import type { Shop } from './meet-shop.ts'

/** Where the pieces of a product are: on hand, reserved, sold. */
export async function stockOf(shop: Shop, productId: number): Promise<[number, number, number]> {
  const { stock } = (await shop.send(`GET /api/products/${productId}`)).body
  return [stock.onHand, stock.reserved, stock.sold]
}

/** What the provider has in its book for each order, oldest first: `charge succeeded 3000`. */
export async function providersBook(shop: Shop): Promise<(orderId: string) => readonly string[]> {
  const lines = await allItems<BookEntry>(shop.send, '/simulator/charges')
  const byOrder = Map.groupBy(lines.toReversed(), ({ reference }) => reference)
  return (orderId) =>
    (byOrder.get(orderId) ?? []).map(({ kind, status, amount }) => `${kind} ${status} ${amount.amount}`)
}

/** What the provider has in its book for one order. */
export async function bookOf(shop: Shop, orderId: string): Promise<readonly string[]> {
  return (await providersBook(shop))(orderId)
}

/** The shop's own books beside the provider's: they should be the same, and sum to zero. */
export async function ledgerAndBook(shop: Shop): Promise<{ sum: number; ledger: string[]; book: string[] }> {
  const ledger = await allItems<any>(shop.admin.send, '/api/ledger')
  const { sum } = (await shop.admin.send('GET /api/ledger?limit=1')).body
  const book = await allItems<BookEntry>(shop.send, '/simulator/charges')
  return {
    sum: sum.amount,
    ledger: ledger
      .map(({ key, kind, postings }) => `${key} ${kind} ${Math.abs(postings[0].amount.amount)}`)
      .toSorted(),
    book: book
      .filter(({ status }) => status === 'succeeded')
      .map(({ key, kind, amount }) => `${key} ${kind} ${amount.amount}`)
      .toSorted(),
  }
}
