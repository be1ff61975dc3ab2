import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Clock } from '@waybill/core'
import { virtualClock } from '@waybill/testing'
import { pino } from 'pino'
import { directoryOf, type HeartbeatStore, memoryHeartbeats, startHeartbeats } from './heartbeats.ts'

const silent = pino({ level: 'silent' })
const payment = { system: 'shop', service: 'payment', instanceId: 'one', address: 'web-1:4711' }
const hourMs = 3_600_000

function setUp(wrap = (store: HeartbeatStore): HeartbeatStore => store) {
  const clock = virtualClock()
  const store = wrap(memoryHeartbeats(clock))
  const statuses = async (): Promise<unknown> =>
    (await directoryOf('shop', store).instances()).map(({ service, status }) => [service, status])
  const start = (instance = payment, time: Clock = clock) =>
    startHeartbeats([instance], { store, clock: time, logger: silent })
  return { clock, store, statuses, start }
}

test('An instance is in the directory of its system as soon as it has started', async () => {
  const { clock, store, start } = setUp()
  const startedAt = new Date(clock.now())
  const end = await start()
  await clock.advance(7_000)
  const { system: _system, ...instance } = payment
  assert.deepEqual(await directoryOf('shop', store).instances(), [
    { ...instance, startedAt, lastHeartbeatAt: new Date(startedAt.getTime() + 5_000), status: 'up' },
  ])
  assert.deepEqual(await directoryOf('booking', store).instances(), [])
  await end()
})

test('An instance that is gone is down after three missed heartbeats and dropped after ten minutes', async () => {
  const { clock, statuses, start } = setUp((store) => ({ ...store, end: async () => {} }))
  const end = await start()
  await clock.advance(60_000)
  await end()
  await clock.advance(14_999)
  assert.deepEqual(await statuses(), [['payment', 'up']])
  await clock.advance(1)
  assert.deepEqual(await statuses(), [['payment', 'down']])
  await clock.advance(585_000)
  assert.deepEqual(await statuses(), [])
})

test('An instance that has ended in good order is in the directory no more', async () => {
  const { clock, statuses, start } = setUp()
  const end = await start()
  await end()
  assert.deepEqual(await statuses(), [])
  await clock.advance(60_000)
  assert.deepEqual(await statuses(), [])
})

test('Processes whose clocks differ by an hour see each other, and who is gone', async () => {
  const { clock, store, statuses, start } = setUp()
  const early: Clock = { ...clock, now: () => clock.now() - hourMs, monotonic: () => clock.monotonic() + 17 }
  const late: Clock = { ...clock, now: () => clock.now() + hourMs }
  const startedAt = new Date(clock.now())
  const endEarly = await start(payment, early)
  const endLate = await start({ ...payment, service: 'order', instanceId: 'two' }, late)
  await clock.advance(30_000)
  assert.deepEqual(await statuses(), [
    ['payment', 'up'],
    ['order', 'up'],
  ])
  const instances = await directoryOf('shop', store).instances()
  assert.deepEqual(
    instances.map((instance) => instance.startedAt),
    [startedAt, startedAt],
  )
  await Promise.all([endEarly(), endLate()])
})

test('What is dropped is no longer kept', async () => {
  const { clock, store } = setUp()
  await store.beat([{ ...payment, upMs: 0 }], 600_000)
  await clock.advance(600_001)
  await store.beat([{ ...payment, instanceId: 'two', upMs: 0 }], 600_000)
  assert.deepEqual(
    (await store.list('shop')).map(({ instanceId, ageMs }) => [instanceId, ageMs]),
    [['two', 0]],
  )
})

test('Heartbeats go on after one that could not be stored', async () => {
  let away = true
  const { clock, statuses, start } = setUp((store) => ({
    ...store,
    beat: (...beat) => (away ? Promise.reject(new Error('gone')) : store.beat(...beat)),
  }))
  const end = await start()
  assert.deepEqual(await statuses(), [])
  away = false
  await clock.advance(5_000)
  assert.deepEqual(await statuses(), [['payment', 'up']])
  await end()
})
