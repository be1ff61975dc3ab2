import { messageOf, type SystemDef, type Telemetry } from '@waybill/core'
import type { Logger } from 'pino'
import { nextTry } from '../next-try.ts'
import type { Metrics } from './metrics.ts'
import { createSagaMeter } from './sagas.ts'

/** Makes metrics and log lines of what the engines of a system report. */
export function createTelemetry({
  system,
  metrics,
  logger,
}: {
  system: SystemDef
  metrics: Metrics
  logger: Logger
}): Telemetry {
  const meterSagas = createSagaMeter(system, metrics)
  return {
    batch({ service, commands, messages, events, durationMs }) {
      const labels = { system: system.name, service }
      metrics.commands.inc(labels, commands)
      metrics.messages.inc(labels, messages)
      metrics.batchDuration.observe(labels, durationMs / 1_000)
      metrics.batchSize.observe(labels, commands + messages)
      // A service's log also has what it observed; that was counted where it was published.
      const own = events.filter(({ type }) => system.producerOf.get(type)?.name === service)
      for (const [type, same] of Map.groupBy(own, (event) => event.type)) {
        metrics.events.inc({ ...labels, type }, same.length)
      }
      meterSagas(own)
    },
    parked({ service, parked, cause }) {
      const { type, id, key, correlationId } = parked.event
      const code = codeOf(cause)
      metrics.parkings.inc({ system: system.name, service, type, code })
      logger.warn(
        {
          system: system.name,
          service,
          code,
          type,
          eventId: id,
          key,
          correlationId,
          attempts: parked.attempts,
          nextAt: nextTry(parked),
          cause: messageOf(cause),
        },
        'event set aside',
      )
    },
    retried({ service, cause, delayMs }) {
      const code = codeOf(cause)
      metrics.retries.inc({ system: system.name, service, code })
      logger.warn(
        { system: system.name, service, code, delayMs, cause: messageOf(cause) },
        'batch tried again',
      )
    },
  }
}

function codeOf(cause: unknown): string {
  return cause instanceof Error && 'code' in cause ? String(cause.code) : 'UNKNOWN'
}
