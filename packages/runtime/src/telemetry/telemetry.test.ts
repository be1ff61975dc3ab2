import assert from 'node:assert/strict'
import { test } from 'node:test'
import { entity, event, on, type Parked, saga, service, system, WaybillError } from '@waybill/core'
import { pino } from 'pino'
import Type from 'typebox'
import { createIds } from '../ids.ts'
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
  const telemetry = createTelemetry({ system: conversation, metrics, logger: pino({ level: 'silent' }) })
  const samples = async (name: string): Promise<unknown> => {
    const values = (await metrics.registry.getSingleMetric(name)!.get()).values
    return values.map(({ labels, value }) => ({ ...labels, value }))
  }
  return { metrics, telemetry, samples }
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
  const { telemetry, samples } = setUp()
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
    source: 'asker',
    reason: 'failed',
    attempts: 1,
    error: { code: 'ASK_FAILED', message: 'no answer' },
    since: startedAt,
    nextAt: startedAt,
  }
  const cause = new WaybillError('ASK_FAILED', 'no answer')
  telemetry.parked({ service: 'answerer', cause, parked })
  // One that is not tried again by itself.
  telemetry.parked({ service: 'answerer', cause, parked: { ...parked, nextAt: Number.MAX_SAFE_INTEGER } })
  assert.deepEqual(await samples('waybill_parkings_total'), [
    { system: 'conversation', service: 'answerer', type: 'Asked', code: 'ASK_FAILED', value: 2 },
  ])
})

test('Metrics are given also when what is set aside cannot be counted', async () => {
  const { metrics } = setUp()
  gaugeParked(metrics, () => Promise.reject(new WaybillError('STORE_UNAVAILABLE', 'gone')))
  assert.match(await metrics.registry.metrics(), /process_cpu_seconds_total/)
})
