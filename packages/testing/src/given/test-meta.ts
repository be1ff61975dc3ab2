import type { Caller, Meta } from '@waybill/core'

/** The n-th id that `newId` gives in a test, from 1. */
export function testId(n: number): string {
  return `00000000-0000-7000-8000-${n.toString(16).padStart(12, '0')}`
}

/** The time of the past, and of every decision in a test that sets no other. */
export const testTime: Date = new Date('2026-01-01T12:00:00Z')

/** Who sends a command in a test that names nobody: holds every role that commands commonly ask for. */
export const testCaller: Caller = { userId: 'ca11e400-0000-7000-8000-000000000000', roles: ['user', 'admin'] }

/** What may be fixed about the meta of one decision. */
export interface MetaOptions {
  readonly eventId?: string
  readonly correlationId?: string
  readonly at?: Date
  /** What `newId` gives first; then `testId(1)`, `testId(2)` … */
  readonly newIds?: readonly string[]
}

/** A meta that is the same in every run. */
export function testMeta(options: MetaOptions): Meta {
  const { newIds = [] } = options
  let given = 0
  return {
    eventId: options.eventId ?? 'e7e47000-0000-7000-8000-000000000000',
    correlationId: options.correlationId ?? 'c0441a00-0000-7000-8000-000000000000',
    at: options.at ?? testTime,
    newId: () => {
      given += 1
      return newIds[given - 1] ?? testId(given - newIds.length)
    },
  }
}
