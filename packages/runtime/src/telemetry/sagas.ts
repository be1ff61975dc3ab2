import type { SystemDef, Telemetry } from '@waybill/core'
import { timeOfId } from '../ids.ts'
import type { Metrics } from './metrics.ts'

type CommittedEvents = Parameters<Telemetry['batch']>[0]['events']

/** Flows whose beginning is remembered at most: the latest, and never less than half as many. */
const rememberedMax = 20_000
/** What has taken longer by its id alone is not believed: whoever sends a request may choose that. */
const believedMs = 24 * 60 * 60 * 1_000

/**
 * Counts flows as they begin and end. Where another process saw the beginning, the time in the correlation id tells it,
 * which is made when a flow begins.
 */
export function createSagaMeter(system: SystemDef, metrics: Metrics): (events: CommittedEvents) => void {
  const starts = Map.groupBy(system.sagas, (saga) => saga.starts.type)
  const ends = Map.groupBy(
    system.sagas.flatMap((saga) =>
      Object.entries(saga.ends).flatMap(([outcome, events]) =>
        events.map(({ type }) => ({ type, labels: { system: system.name, saga: saga.name, outcome } })),
      ),
    ),
    ({ type }) => type,
  )

  let begun = new Map<string, number>()
  let begunBefore: ReadonlyMap<string, number> = new Map()

  function begin(correlationId: string, at: number): void {
    begun.set(correlationId, at)
    if (begun.size < rememberedMax / 2) return
    // All at once: to take the oldest out of a map is slow, as it looks for it behind all that were taken out before.
    begunBefore = begun
    begun = new Map()
  }

  /** How long a flow took that ends now; `undefined`: nobody knows. */
  function durationMs(correlationId: string, at: number): number | undefined {
    const startedAt = begun.get(correlationId) ?? begunBefore.get(correlationId)
    if (startedAt !== undefined) return Math.max(0, at - startedAt)
    const byId = at - (timeOfId(correlationId) ?? Number.NaN)
    return byId <= believedMs ? Math.max(0, byId) : undefined
  }

  return (events) => {
    for (const { type, correlationId, at } of events) {
      for (const saga of starts.get(type) ?? []) {
        begin(correlationId, at)
        metrics.sagasStarted.inc({ system: system.name, saga: saga.name })
      }
      for (const { labels } of ends.get(type) ?? []) {
        metrics.sagasEnded.inc(labels)
        const tookMs = durationMs(correlationId, at)
        if (tookMs !== undefined) metrics.sagaDuration.observe(labels, tookMs / 1_000)
      }
    }
  }
}
