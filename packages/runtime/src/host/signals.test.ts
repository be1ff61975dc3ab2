import assert from 'node:assert/strict'
import { EventEmitter } from 'node:events'
import { test, type TestContext } from 'node:test'
import { WaybillError } from '@waybill/core'
import { createLogger } from '../telemetry/logger.ts'
import { endWithSignals } from './signals.ts'

/** A process that ends only on paper, and a host whose stop ends when the test says so. */
function setUp({ mock }: TestContext) {
  mock.timers.enable({ apis: ['setTimeout'] })
  const codes: number[] = []
  const process = Object.assign(new EventEmitter(), { exit: (code: number) => void codes.push(code) })
  const stopping = Promise.withResolvers<void>()
  const crash = Promise.withResolvers<unknown>()
  const stop = mock.fn(() => stopping.promise)
  const lines: string[] = []
  const logger = createLogger({ json: false, sink: { write: (line) => void lines.push(line) } })
  endWithSignals({ stop, crashed: crash.promise }, logger, process as unknown as NodeJS.Process)
  return { codes, process, stopping, stop, crash, log: () => lines.join('') }
}

const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

test('A signal ends the process with code 0 when the work in hand is finished', async (context) => {
  const { codes, process, stopping } = setUp(context)
  process.emit('SIGTERM')
  await settled()
  assert.deepEqual(codes, [])
  stopping.resolve()
  await settled()
  assert.deepEqual(codes, [0])
})

test('A second signal ends it at once', async (context) => {
  const { codes, process, stop } = setUp(context)
  process.emit('SIGINT')
  // From npm.
  process.emit('SIGINT')
  assert.deepEqual(codes, [])
  context.mock.timers.tick(500)
  process.emit('SIGINT')
  assert.equal(codes[0], 1)
  assert.equal(stop.mock.callCount(), 1)
})

test('After ten seconds it ends whatever is left', async (context) => {
  const { codes, process, log } = setUp(context)
  process.emit('SIGTERM')
  context.mock.timers.tick(9_999)
  assert.deepEqual(codes, [])
  context.mock.timers.tick(1)
  assert.deepEqual(codes, [1])
  assert.match(log(), /not finished within 10 s/)
})

test('A stop that fails ends it with code 1', async (context) => {
  const { codes, process, stopping } = setUp(context)
  process.emit('SIGTERM')
  stopping.reject(new Error('the store is gone'))
  await settled()
  assert.deepEqual(codes, [1])
})

test('An engine that crashed, and an error that nobody handles, end it with code 1 and a clear message', async (context) => {
  const { codes, process, stopping, stop, crash, log } = setUp(context)
  crash.resolve(new WaybillError('INVARIANT_BROKEN', 'positions have a gap'))
  await settled()
  process.emit('unhandledRejection', new Error('and another'))
  stopping.resolve()
  await settled()
  assert.deepEqual(codes, [1])
  assert.equal(stop.mock.callCount(), 1)
  assert.match(log(), /this process cannot go on .*report it with the message/)
  assert.match(log(), /positions have a gap/)
})
