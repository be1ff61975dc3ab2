import assert from 'node:assert/strict'
import { test } from 'node:test'
import { entity, event, on, type Parked, saga, service, system, WaybillError } from '@waybill/core'
import Type from 'typebox'
import { createIds } from '../ids.ts'
import { createHalts } from './halts.ts'
import { createLogger } from './logger.ts'
import { createMetrics, gaugeParked } from './metrics.ts'
import { createTelemetry } from './telemetry.ts'

const data = Type.Object({ id: Type.String() })
const Asked = event('Asked', { topic: 'asked', key: 'id', data })
const Answered = event('Answered', { topic: 'answered', key: 'id', data })
const Question = entity('question', {})
const conversation = system(
  'conversation',
  [
    service('asker', {
      entities: [Question],
      handlers: [
        on(Answered)
          .emits(Asked)
          .decide(() => undefined),
      ],
    }),
    service('answerer', {
      handlers: [
        on(Asked)
          .emits(Answered)
          .decide(() => undefined),
      ],
    }),
  ],
  [saga('talk', { starts: Asked, ends: { answered: [Answered] }, within: { seconds: 1 } })],
)

function setUp() {
  const metrics = createMetrics()
  const halts = createHalts()
  const lines: Record<string, unknown>[] = []
  const logger = createLogger({ json: true, sink: { write: (line) => void lines.push(JSON.parse(line)) } })
  const telemetry = createTelemetry({ system: conversation, metrics, halts, logger })
  const samples = async (name: string): Promise<unknown> => {
    const values = (await metrics.registry.getSingleMetric(name)!.get()).values
    return values.map(({ labels, value }) => ({ ...labels, value }))
  }
  return { metrics, telemetry, samples, halts, lines }
}

const startedAt = Date.UTC(2026, 10, 21)
const correlationId = createIds(() => startedAt).newId()

test('A batch is counted by what it published', async () => {
  const { telemetry, samples } = setUp()
  telemetry.batch({
    service: 'answerer',
    commands: 0,
    messages: 2,
    // The second stands in this service's log only because it observed it.
    events: [
      { type: 'Answered', correlationId, at: startedAt },
      { type: 'Asked', correlationId, at: startedAt },
    ],
    durationMs: 20,
  })
  const labels = { system: 'conversation', service: 'answerer' }
  assert.deepEqual(await samples('waybill_events_total'), [{ ...labels, type: 'Answered', value: 1 }])
  assert.deepEqual(await samples('waybill_messages_total'), [{ ...labels, value: 2 }])
})

test('A flow is measured from its correlation id to its end', async () => {
  const { metrics, telemetry, samples } = setUp()
  const batch = { commands: 1, messages: 0, durationMs: 1 }
  telemetry.batch({ ...batch, service: 'asker', events: [{ type: 'Asked', correlationId, at: startedAt }] })
  telemetry.batch({
    ...batch,
    service: 'answerer',
    events: [{ type: 'Answered', correlationId, at: startedAt + 1_500 }],
  })
  const labels = { system: 'conversation', saga: 'talk' }
  assert.deepEqual(await samples('waybill_sagas_started_total'), [{ ...labels, value: 1 }])
  assert.deepEqual(await samples('waybill_sagas_ended_total'), [{ ...labels, outcome: 'answered', value: 1 }])
  const text = await metrics.registry.getSingleMetricAsString('waybill_saga_duration_seconds')
  assert.match(text, /waybill_saga_duration_seconds_sum\{.*\} 1\.5\n/)
})

test('What is set aside is counted by the code of its error', async () => {
  const { telemetry, samples, lines } = setUp()
  const parked: Parked = {
    event: {
      id: '1',
      type: 'Asked',
      topic: 'asked',
      key: 'k',
      subject: undefined,
      correlationId,
      causationId: undefined,
      traceparent: undefined,
      at: startedAt,
      payload: new Uint8Array(),
    },
    queue: 'k',
    source: 'asker',
    reason: 'failed',
    attempts: 1,
    error: { code: 'ASK_FAILED', message: 'no answer' },
  }
  const cause = new WaybillError('ASK_FAILED', 'no answer')
  telemetry.parked({ service: 'answerer', cause, parked })
  assert.deepEqual(await samples('waybill_parkings_total'), [
    { system: 'conversation', service: 'answerer', type: 'Asked', code: 'ASK_FAILED', value: 1 },
  ])
  assert.equal(lines[0]!['stack'], undefined)
  // A rule that throws says where.
  const error = { code: 'DECIDE_FAILED', message: 'a slip' }
  telemetry.parked({ service: 'answerer', cause: new TypeError('a slip'), parked: { ...parked, error } })
  assert.equal(lines[1]!['code'], 'DECIDE_FAILED')
  assert.match(String(lines[1]!['stack']), /^TypeError: a slip\n +at .*telemetry\.test\.ts/)
})

test('A partition that is halted is said once, with what to do, and that it goes on as well', async () => {
  const { telemetry, samples, halts, lines } = setUp()
  const place = { service: 'answerer', source: 'asked', partition: 3 }
  const labels = { system: 'conversation', ...place }
  const cause = new WaybillError('INVARIANT_BROKEN', 'the log was cut')
  telemetry.halted({ ...place, cause })
  telemetry.halted({ ...place, cause })
  assert.deepEqual(await samples('waybill_halted_partitions'), [{ ...labels, value: 1 }])
  assert.deepEqual(halts.list(), [{ ...labels, code: 'INVARIANT_BROKEN' }])
  telemetry.halted({ ...place, cause: undefined })
  telemetry.halted({ ...place, cause: undefined })
  assert.deepEqual(await samples('waybill_halted_partitions'), [])
  assert.deepEqual(halts.list(), [])
  assert.deepEqual(
    lines.map(({ time: _, ...line }) => line),
    [
      {
        level: 'error',
        ...labels,
        code: 'INVARIANT_BROKEN',
        cause: 'the log was cut',
        help: cause.help,
        msg: 'partition halted',
      },
      { level: 'info', ...labels, msg: 'partition goes on' },
    ],
  )
})

test('A failure beside what is stored is a warning, and counted', async () => {
  const { telemetry, samples, lines } = setUp()
  telemetry.failed({ service: 'asker', what: 'a listener', cause: new Error('it threw') })
  assert.deepEqual(await samples('waybill_failures_total'), [
    { system: 'conversation', service: 'asker', value: 1 },
  ])
  const [{ level, what, cause }] = lines as [Record<string, unknown>]
  assert.deepEqual([level, what, cause], ['warn', 'a listener', 'it threw'])
})

test('Metrics are given also when what is set aside cannot be counted', async () => {
  const { metrics } = setUp()
  gaugeParked(metrics, () => Promise.reject(new WaybillError('STORE_UNAVAILABLE', 'gone')))
  assert.match(await metrics.registry.metrics(), /process_cpu_seconds_total/)
})
