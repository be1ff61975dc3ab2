/** Why a command was refused, as a caller sees it. The HTTP edge turns the kind into a status. */
export type RefusalKind = 'invalid' | 'conflict' | 'not-found' | 'forbidden' | 'payment-required'

/** A command's or query's "no". It is neither an event nor an exception: nothing has happened. */
export interface Refusal {
  readonly refused: true
  /** A literal code, e.g. `UNKNOWN_PRODUCT`. */
  readonly code: string
  readonly detail: string
  readonly kind: RefusalKind
  /** JSON pointer to the field that is wrong, e.g. `/orderItems/0/productId`. */
  readonly pointer: string | undefined
}

/**
 * Refuses a command or a query.
 * @param code literal, in capitals
 * @param detail a sentence for the caller: what is wrong and what to do
 * @param how.kind default `invalid` when a pointer is given, else `conflict`
 */
export function refuse(
  code: string,
  detail: string,
  how: { kind?: RefusalKind; pointer?: string } = {},
): Refusal {
  const { pointer } = how
  return {
    refused: true,
    code,
    detail,
    kind: how.kind ?? (pointer === undefined ? 'conflict' : 'invalid'),
    pointer,
  }
}

export function isRefusal(value: unknown): value is Refusal {
  return typeof value === 'object' && value !== null && 'refused' in value && value.refused === true
}
