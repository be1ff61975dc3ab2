import assert from 'node:assert/strict'
import { test } from 'node:test'
import { virtualClock } from '@waybill/testing'
import { pino } from 'pino'
import { directoryOf, type HeartbeatStore, memoryHeartbeats, startHeartbeats } from './heartbeats.ts'

const silent = pino({ level: 'silent' })
const payment = { system: 'shop', service: 'payment', instanceId: 'one', address: 'web-1:4711' }

function setUp(store: HeartbeatStore = memoryHeartbeats()) {
  const clock = virtualClock()
  const statuses = async (): Promise<unknown> =>
    (await directoryOf('shop', store, clock).instances()).map(({ service, status }) => [service, status])
  return { clock, store, statuses, start: () => startHeartbeats([payment], { store, clock, logger: silent }) }
}

test('An instance is in the directory of its system as soon as it has started', async () => {
  const { clock, store, start } = setUp()
  const startedAt = new Date(clock.now())
  const end = await start()
  await clock.advance(7_000)
  const { system: _system, ...instance } = payment
  assert.deepEqual(await directoryOf('shop', store, clock).instances(), [
    { ...instance, startedAt, lastHeartbeatAt: new Date(startedAt.getTime() + 5_000), status: 'up' },
  ])
  assert.deepEqual(await directoryOf('booking', store, clock).instances(), [])
  end()
})

test('An instance that is gone is down after three missed heartbeats and dropped after ten minutes', async () => {
  const { clock, statuses, start } = setUp()
  const end = await start()
  await clock.advance(60_000)
  end()
  await clock.advance(14_999)
  assert.deepEqual(await statuses(), [['payment', 'up']])
  await clock.advance(1)
  assert.deepEqual(await statuses(), [['payment', 'down']])
  await clock.advance(585_000)
  assert.deepEqual(await statuses(), [])
})

test('What is dropped is no longer kept', async () => {
  const { clock, store } = setUp()
  const at = new Date(clock.now())
  const old = { ...payment, startedAt: at, at }
  await store.beat([old], new Date(0))
  const young = { ...old, instanceId: 'two', at: new Date(clock.now() + 600_001) }
  await store.beat([young], new Date(clock.now() + 1))
  assert.deepEqual(await store.list('shop'), [young])
})

test('Heartbeats go on after one that could not be stored', async () => {
  const store = memoryHeartbeats()
  let away = true
  const { clock, statuses, start } = setUp({
    ...store,
    beat: (...beat) => (away ? Promise.reject(new Error('gone')) : store.beat(...beat)),
  })
  const end = await start()
  assert.deepEqual(await statuses(), [])
  away = false
  await clock.advance(5_000)
  assert.deepEqual(await statuses(), [['payment', 'up']])
  end()
})
