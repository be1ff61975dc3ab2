import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client'

/** Seconds, as OpenTelemetry recommends them for messaging. */
const durationBuckets = [0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10]

/** The metrics of a process. Every one of Waybill's own starts with `waybill_`. */
export interface Metrics {
  readonly registry: Registry
  readonly events: Counter<'system' | 'service' | 'type'>
  readonly commands: Counter<'system' | 'service'>
  readonly messages: Counter<'system' | 'service'>
  readonly batchDuration: Histogram<'system' | 'service'>
  readonly batchSize: Histogram<'system' | 'service'>
  readonly parkings: Counter<'system' | 'service' | 'type' | 'code'>
  readonly retries: Counter<'system' | 'service' | 'code'>
  readonly halted: Gauge<'system' | 'service' | 'source' | 'partition'>
  readonly failures: Counter<'system' | 'service'>
  readonly sagasStarted: Counter<'system' | 'saga'>
  readonly sagasEnded: Counter<'system' | 'saga' | 'outcome'>
  readonly sagaDuration: Histogram<'system' | 'saga' | 'outcome'>
}

export function createMetrics(): Metrics {
  const registry = new Registry()
  const registers = [registry]
  const perService = ['system', 'service'] as const
  collectDefaultMetrics({ register: registry })
  return {
    registry,
    events: new Counter({
      registers,
      name: 'waybill_events_total',
      help: 'Events published or recorded, by the service that they are of.',
      labelNames: [...perService, 'type'],
    }),
    commands: new Counter({
      registers,
      name: 'waybill_commands_total',
      help: 'Commands committed.',
      labelNames: perService,
    }),
    messages: new Counter({
      registers,
      name: 'waybill_messages_total',
      help: 'Events handled.',
      labelNames: perService,
    }),
    batchDuration: new Histogram({
      registers,
      name: 'waybill_batch_duration_seconds',
      help: 'Time from taking a batch to its commit.',
      labelNames: perService,
      buckets: durationBuckets,
    }),
    batchSize: new Histogram({
      registers,
      name: 'waybill_batch_size',
      help: 'Commands and events in a batch.',
      labelNames: perService,
      buckets: [1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000],
    }),
    parkings: new Counter({
      registers,
      name: 'waybill_parkings_total',
      help: 'Events set aside because they failed.',
      labelNames: [...perService, 'type', 'code'],
    }),
    retries: new Counter({
      registers,
      name: 'waybill_batch_retries_total',
      help: 'Batches that could not be committed and were tried again.',
      labelNames: [...perService, 'code'],
    }),
    halted: new Gauge({
      registers,
      name: 'waybill_halted_partitions',
      help: 'Partitions of which nothing more is handled until somebody has dealt with the cause.',
      labelNames: [...perService, 'source', 'partition'],
    }),
    failures: new Counter({
      registers,
      name: 'waybill_failures_total',
      help: 'Failures that change nothing of what is stored.',
      labelNames: perService,
    }),
    sagasStarted: new Counter({
      registers,
      name: 'waybill_sagas_started_total',
      help: 'Flows that began.',
      labelNames: ['system', 'saga'],
    }),
    sagasEnded: new Counter({
      registers,
      name: 'waybill_sagas_ended_total',
      help: 'Flows that ended.',
      labelNames: ['system', 'saga', 'outcome'],
    }),
    sagaDuration: new Histogram({
      registers,
      name: 'waybill_saga_duration_seconds',
      help: 'Time from the beginning of a flow to its end.',
      labelNames: ['system', 'saga', 'outcome'],
      buckets: [...durationBuckets, 30, 60, 300, 900, 3_600],
    }),
  }
}

/** Adds the gauge of what is set aside at the moment of a scrape, as `count` finds it. */
export function gaugeParked(
  { registry }: Metrics,
  count: () => Promise<readonly { system: string; service: string; reason: string; events: number }[]>,
): Gauge {
  return new Gauge({
    registers: [registry],
    name: 'waybill_parked_events',
    help: 'Events set aside now, at most 1,000 a service, by reason.',
    labelNames: ['system', 'service', 'reason'],
    async collect() {
      this.reset()
      // While the store is away, the other metrics are wanted all the more.
      for (const { events, ...labels } of await count().catch(() => [])) this.set(labels, events)
    },
  })
}
