import { command, query, refuse, view } from '@waybill/core'
import Type, { type Static } from 'typebox'
import { pageOf, paging } from '../lists.ts'
import { currency, Money, won } from '../money.ts'
import { Counters, ProductAdded, ProductRestocked, Stock, type StockState } from './stock.ts'

const Quantity = { minimum: 1, maximum: 1_000_000_000 }

const Product = Type.Object({
  productId: Type.Integer(),
  name: Type.String(),
  price: Money,
  stock: Counters,
})

const productNotFound = refuse('PRODUCT_NOT_FOUND', 'There is no such product.', { kind: 'not-found' })

/** The products there are. Their counters are in their entities: an order should not have to write rows as well. */
export const Catalogue = view('catalogue', {
  key: 'place',
  row: Type.Object({ place: Type.String(), productId: Type.Integer() }),
}).on(
  ProductAdded,
  ({ productId }) => placeOf(productId),
  (_, { productId }) => ({ place: placeOf(productId), productId }),
)

/** Puts a product on sale. */
export const addProduct = command('add-product', {
  http: 'POST /api/products',
  role: 'admin',
  input: Type.Object({
    name: Type.String({ minLength: 1, maxLength: 200 }),
    /** A plain number means won. */
    price: Type.Union([
      Type.Object({ amount: Type.Integer(Quantity), currency: Type.String({ examples: [currency] }) }),
      Type.Integer(Quantity),
    ]),
    stock: Type.Integer({ ...Quantity, minimum: 0 }),
  }),
  effect: (_, io) => io.nextNumber('product'),
  at: Stock,
  id: (_, { gathered: productId }) => String(productId),
  emits: [ProductAdded],
  decide: (_, { name, price: given, stock }, { gathered: productId }) => {
    const price = typeof given === 'number' ? won(given) : given
    return price.currency === currency
      ? ProductAdded({ productId, name, price, stock })
      : refuse('WRONG_CURRENCY', `The shop sells in ${currency}.`, { pointer: '/price/currency' })
  },
  output: Product,
  reply: (stock, { id }) => productOf(Number(id), stock!),
})

/** Takes in more of a product. */
export const restock = command('restock', {
  http: 'POST /api/products/{productId}/restocks',
  role: 'admin',
  input: Type.Object({ productId: Type.Integer(), quantity: Type.Integer(Quantity) }),
  at: Stock,
  id: ({ productId }) => String(productId),
  emits: [ProductRestocked],
  decide: (stock, { productId, quantity }) =>
    stock === null ? productNotFound : ProductRestocked({ productId, quantity }),
  output: Product,
  reply: (stock, { id }) => productOf(Number(id), stock!),
})

/** All products, oldest first. */
export const listProducts = query('products', {
  http: 'GET /api/products',
  input: Type.Object(paging),
  output: pageOf(Product),
  answer: async (read, { limit, cursor }) => {
    const { items, nextCursor } = await read.rows(Catalogue, { limit, cursor, order: 'ascending' })
    const stock = await read.entities(
      Stock,
      items.map(({ productId }) => String(productId)),
    )
    return { items: items.map(({ productId }) => productOf(productId, stock.get(productId)!)), nextCursor }
  },
})

/** One product. */
export const getProduct = query('product', {
  http: 'GET /api/products/{productId}',
  input: Type.Object({ productId: Type.Integer() }),
  output: Product,
  answer: async (read, { productId }) => {
    const stock = await read.entity(Stock, String(productId))
    return stock === null ? productNotFound : productOf(productId, stock)
  },
})

/** What these products cost now; unknown ones are left out. For other services. */
export const pricesOf = query('prices-of', {
  input: Type.Object({ productIds: Type.Array(Type.Integer()) }),
  output: Type.Object({ items: Type.Array(Type.Object({ productId: Type.Integer(), price: Money })) }),
  answer: async (read, { productIds }) => {
    const stock = await read.entities(Stock, productIds.map(String))
    return {
      items: productIds.flatMap((productId) => {
        const price = stock.get(productId)?.price
        return price === undefined ? [] : [{ productId, price }]
      }),
    }
  },
})

function productOf(productId: number, { name, price, ...stock }: StockState): Static<typeof Product> {
  return { productId, name, price, stock }
}

/** Rows are sorted as text, and product 10 comes after product 9. */
function placeOf(productId: number): string {
  return String(productId).padStart(12, '0')
}
