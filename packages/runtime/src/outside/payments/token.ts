/** How the simulated provider treats a charge, as its token says. */
export interface Behaviour {
  /** Why it is declined; `undefined`: it succeeds. */
  readonly declined: string | undefined
  /** So many calls fail before one works. */
  readonly failures: number
  /** The answer comes so long after the charge was recorded; `Infinity`: never. */
  readonly answerMs: number
}

const plain: Behaviour = { declined: undefined, failures: 0, answerMs: 0 }

const named = new Map<string, Behaviour>([
  ['tok_ok', plain],
  ['tok_declined', { ...plain, declined: 'CARD_DECLINED' }],
  ['tok_insufficient_funds', { ...plain, declined: 'INSUFFICIENT_FUNDS' }],
  ['tok_silent', { ...plain, answerMs: Infinity }],
])

/**
 * Tokens work as card networks' test numbers do: the token says what becomes of the charge.
 * `tok_slow_5000` answers after 5,000 ms, `tok_flaky_2` fails twice, `tok_silent` takes the money and never answers.
 */
export function behaviourOf(token: string): Behaviour {
  const [, kind, digits] = /^tok_(slow|flaky)_(\d{1,7})$/.exec(token) ?? []
  if (kind === 'slow') return { ...plain, answerMs: Number(digits) }
  if (kind === 'flaky') return { ...plain, failures: Number(digits) }
  return named.get(token) ?? { ...plain, declined: 'UNKNOWN_TOKEN' }
}
