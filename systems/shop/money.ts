import Type, { type Static } from 'typebox'

/** Integer minor units and an ISO 4217 currency. */
export const Money = Type.Object({
  amount: Type.Integer(),
  currency: Type.String({ pattern: '^[A-Z]{3}$', examples: ['KRW'] }),
})
export type Money = Static<typeof Money>

/** The shop sells in one currency, so that every total is a plain sum. */
export const currency = 'KRW'

/** So many won, which have no minor unit. */
export function won(amount: number): Money {
  return { amount, currency }
}

/** What an order's lines cost together. */
export function totalOf(lines: readonly { readonly price: Money; readonly quantity: number }[]): Money {
  return won(lines.reduce((sum, { price, quantity }) => sum + price.amount * quantity, 0))
}
