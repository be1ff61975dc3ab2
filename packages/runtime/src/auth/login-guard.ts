import type { Clock } from '@waybill/core'

/** So many attempts at an account follow each other freely; then each takes a pause, longer each time. */
const freeAttempts = 10
const pauseMaxMs = 60_000
/** So long after the last one it is forgotten that there were attempts. */
const forgetMs = 15 * 60_000
const rememberedMax = 20_000

/**
 * Slows down who guesses the password of an account, from however many addresses. From an address from which somebody has
 * logged in to it, one always may: nobody is locked out of the own account by a stranger who guesses.
 */
export interface LoginGuard {
  /** Counts an attempt at an account, be there one or not. @returns for how many milliseconds there may be none; 0: go on */
  attempt(account: string, address: string): number
  succeeded(account: string, address: string): void
}

interface Attempts {
  count: number
  pausedUntil: number
  lastAt: number
}

export function loginGuard(clock: Pick<Clock, 'monotonic'>): LoginGuard {
  /** By account, that of the latest attempt last. */
  const attempts = new Map<string, Attempts>()
  /** Pairs of account and address, the latest last. */
  const trusted = new Set<string>()

  return {
    attempt: (account, address) => {
      if (trusted.has(pairOf(account, address))) return 0
      const now = clock.monotonic()
      const known = attempts.get(account)
      const isFresh = known === undefined || now - known.lastAt > forgetMs
      const state = isFresh ? { count: 0, pausedUntil: 0, lastAt: now } : known
      if (now < state.pausedUntil) return state.pausedUntil - now
      state.count += 1
      state.lastAt = now
      if (state.count >= freeAttempts) {
        state.pausedUntil = now + Math.min(1_000 * 2 ** (state.count - freeAttempts), pauseMaxMs)
      }
      attempts.delete(account)
      attempts.set(account, state)
      if (attempts.size > rememberedMax) attempts.delete(attempts.keys().next().value!)
      return 0
    },
    succeeded: (account, address) => {
      attempts.delete(account)
      const pair = pairOf(account, address)
      trusted.delete(pair)
      trusted.add(pair)
      if (trusted.size > rememberedMax) trusted.delete(trusted.values().next().value!)
    },
  }
}

function pairOf(account: string, address: string): string {
  return JSON.stringify([account, address])
}
