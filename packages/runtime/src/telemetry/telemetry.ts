import { messageOf, type SystemDef, type Telemetry, WaybillError } from '@waybill/core'
import type { Logger } from 'pino'
import type { Halts } from './halts.ts'
import type { Metrics } from './metrics.ts'
import { createSagaMeter } from './sagas.ts'

/** Makes metrics and log lines of what the engines of a system report. */
export function createTelemetry({
  system,
  metrics,
  halts,
  logger,
}: {
  system: SystemDef
  metrics: Metrics
  halts: Halts
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
      // What is not of the catalogue was thrown by a rule: whoever mends it needs the line.
      const code = parked.error?.code ?? codeOf(cause)
      // Whoever may write to a topic may think up types without end: each would be a series of its own.
      const known = system.events.has(type) ? type : ''
      metrics.parkings.inc({ system: system.name, service, type: known, code })
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
          cause: messageOf(cause),
          stack: code === 'DECIDE_FAILED' ? stackOf(cause) : undefined,
        },
        'event set aside',
      )
    },
    halted({ service, source, partition, cause }) {
      const place = { system: system.name, service, source, partition }
      if (cause === undefined) {
        metrics.halted.remove(place)
        if (halts.remove(place)) logger.info(place, 'partition goes on')
        return
      }
      const code = codeOf(cause)
      metrics.halted.set(place, 1)
      if (!halts.add({ ...place, code })) return
      const help = cause instanceof WaybillError ? cause.help : undefined
      logger.error({ ...place, code, cause: messageOf(cause), help }, 'partition halted')
    },
    failed({ service, what, cause }) {
      metrics.failures.inc({ system: system.name, service })
      logger.warn(
        { system: system.name, service, code: codeOf(cause), what, cause: messageOf(cause) },
        'failed, and nothing stored has changed',
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

/** Where it was thrown first: what wraps it tells nothing of the rule's own lines. */
function stackOf(error: unknown): string | undefined {
  if (!(error instanceof Error)) return undefined
  return stackOf(error.cause) ?? error.stack
}

function codeOf(cause: unknown): string {
  return cause instanceof Error && 'code' in cause ? String(cause.code) : 'UNKNOWN'
}
