import type { SystemDef, Telemetry } from '@waybill/core'
import { timeOfId } from '../ids.ts'
import type { Metrics } from './metrics.ts'

type CommittedEvents = Parameters<Telemetry['batch']>[0]['events']

/**
 * Counts flows as they begin and end. A correlation id is made when its flow begins, so its time is the flow's start:
 * nothing has to be remembered, and any process may see the end.
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

  return (events) => {
    for (const { type, correlationId, at } of events) {
      for (const saga of starts.get(type) ?? []) {
        metrics.sagasStarted.inc({ system: system.name, saga: saga.name })
      }
      for (const { labels } of ends.get(type) ?? []) {
        metrics.sagasEnded.inc(labels)
        const startedAt = timeOfId(correlationId)
        if (startedAt !== undefined) {
          metrics.sagaDuration.observe(labels, Math.max(0, at - startedAt) / 1_000)
        }
      }
    }
  }
}
