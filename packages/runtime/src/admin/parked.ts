import type { Store } from '@waybill/core'
import type { RunningSystem } from '../host/running-system.ts'
import { showEvent, type ShownEvent } from './payload.ts'

/** So many of a service are looked at; behind them are later ones. */
const parkedMax = 1_000

/** An event that is set aside. */
export interface ShownParked {
  readonly ticket: number
  readonly event: ShownEvent
  /** The bytes as they came, in base64: what nobody can read may yet be told by them. */
  readonly payload: string
  /** The queue that it stands in: those behind it wait for it. */
  readonly queue: string
  readonly source: string
  readonly reason: string
  readonly attempts: number
  readonly error: { readonly code: string; readonly message: string } | null
  readonly since: string
  /** When its queue is tried next; `null`: not by itself. */
  readonly nextAt: string | null
}

/** What a service has set aside, oldest first. */
export async function parkedOf(
  running: RunningSystem,
  store: Store,
  { limit, cursor }: { limit: number; cursor: string | undefined },
): Promise<{ readonly items: readonly ShownParked[]; readonly nextCursor: string | null }> {
  const entries = await store.parked(parkedMax)
  const rest = entries.filter(({ ticket }) => cursor === undefined || ticket > Number(cursor))
  const page = rest.slice(0, limit)
  await running.codec.learn?.(page.map(({ event }) => event.payload))
  return {
    items: page.map((entry) => ({
      ticket: entry.ticket,
      event: showEvent(running, entry.event),
      payload: Buffer.from(entry.event.payload).toString('base64'),
      queue: entry.queue,
      source: entry.source,
      reason: entry.reason,
      attempts: entry.attempts,
      error: entry.error ?? null,
      since: new Date(entry.since).toISOString(),
      nextAt: entry.nextAt === undefined ? null : new Date(entry.nextAt).toISOString(),
    })),
    nextCursor: rest.length > page.length ? String(page.at(-1)!.ticket) : null,
  }
}

/** How many events each service has set aside now, by reason. */
export async function countParked(
  systems: readonly RunningSystem[],
): Promise<readonly { system: string; service: string; reason: string; events: number }[]> {
  const services = systems.flatMap(({ system, stores }) =>
    [...stores].map(([service, store]) => ({ system: system.name, service, store })),
  )
  const counts = await Promise.all(
    services.map(async ({ store, ...labels }) => {
      const entries = await store.parked(parkedMax)
      return [...Map.groupBy(entries, ({ reason }) => reason)].map(([reason, same]) => ({
        ...labels,
        reason,
        events: same.length,
      }))
    }),
  )
  return counts.flat()
}
