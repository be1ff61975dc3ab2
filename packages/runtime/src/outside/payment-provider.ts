/** Integer minor units and an ISO 4217 currency. */
export interface Money {
  readonly amount: number
  readonly currency: string
}

/**
 * A payment provider. Every call is idempotent by its key: repeated, it answers as the first time and moves no money.
 * A call that throws or never answers may have moved it.
 */
export interface PaymentProvider {
  charge(request: {
    key: string
    amount: Money
    /** What the customer pays with, as card networks' test numbers do: `tok_ok`, `tok_declined`, … */
    token: string
    /** The caller's own name for it, shown in the book. */
    reference: string
    signal: AbortSignal
  }): Promise<{ status: 'succeeded' } | { status: 'declined'; reason: string }>
  /** Gives back a succeeded charge. */
  refund(request: {
    key: string
    chargeKey: string
    amount: Money
    reference: string
    signal: AbortSignal
  }): Promise<void>
  /**
   * A timeout reversal (ISO 8583 0400): whatever became of the charge, no money stays taken. A charge that was made is
   * refunded; one that has not arrived yet will be declined.
   */
  reverse(request: {
    key: string
    chargeKey: string
    reference: string
    signal: AbortSignal
  }): Promise<{ refunded: boolean }>
}

/** One line of the provider's own record. */
export interface BookEntry {
  readonly key: string
  readonly kind: 'charge' | 'refund'
  readonly status: 'succeeded' | 'declined'
  readonly amount: Money
  readonly reference: string
  /** RFC 3339. */
  readonly at: string
}
