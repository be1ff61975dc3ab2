import { query, view } from '@waybill/core'
import Type from 'typebox'
import { ChargeDeclined, ChargeRefunded, ChargeSucceeded, MoneyType } from './charge.ts'

const line = {
  key: Type.String(),
  kind: Type.Union([Type.Literal('charge'), Type.Literal('refund')]),
  status: Type.Union([Type.Literal('succeeded'), Type.Literal('declined')]),
  amount: MoneyType,
  reference: Type.String(),
  at: Type.String({ format: 'date-time' }),
}

/** The provider's own record of the money that it moved or refused to move. */
export const Book = view('book', {
  key: 'entryId',
  row: Type.Object({ entryId: Type.String({ format: 'uuid' }), ...line }),
})
  .on(ChargeSucceeded, (_, charge) => ({ ...charge, kind: 'charge', status: 'succeeded' }))
  .on(ChargeDeclined, (_, { reason: _reason, ...charge }) => ({
    ...charge,
    kind: 'charge',
    status: 'declined',
  }))
  .on(ChargeRefunded, (_, { chargeKey: _chargeKey, ...refund }, { at }) => ({
    ...refund,
    kind: 'refund',
    status: 'succeeded',
    at: at.toISOString(),
  }))

/** The book, newest first, so that anyone can compare it with a system's own account of its payments. */
export const BookQuery = query('book', {
  input: Type.Object({
    limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 100 })),
    cursor: Type.Optional(Type.String()),
  }),
  output: Type.Object({
    items: Type.Array(Type.Object(line)),
    nextCursor: Type.Union([Type.String(), Type.Null()]),
  }),
  async answer(read, selection) {
    const { items, nextCursor } = await read.rows(Book, selection)
    return { items: items.map(({ entryId: _entryId, ...rest }) => rest), nextCursor }
  },
})
