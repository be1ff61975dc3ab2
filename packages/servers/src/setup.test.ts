import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setTimeout as pause } from 'node:timers/promises'
import { createSetup, type Start, type Stoppable } from './setup.ts'

const ended: string[] = []
test.beforeEach(() => ended.splice(0))

const server =
  (name: string, ms = 0): Start<Stoppable> =>
  async () => {
    await pause(ms)
    return { stop: async () => void ended.push(name) }
  }
const broken: Start<Stoppable> = async () => {
  throw new Error('no port is free')
}
const slow: Start<Stoppable> = ({ signal }) => pause(60_000, undefined, { signal }) as never

test('What was started ends, the last first, and only once', async () => {
  const setup = createSetup()
  await setup.start(server('a'))
  assert.equal(
    setup.with('a file', (name) => ended.push(name)),
    'a file',
  )
  await setup.start(server('b'))
  await setup.end()
  await setup.end()
  assert.deepEqual(ended, ['b', 'a file', 'a'])
})

test('Where nothing was started nothing ends', async () => {
  await createSetup().end()
})

test('When one server does not start, the others are called off or ended, with all that was there before', async () => {
  const setup = createSetup()
  setup.with('a file', (name) => ended.push(name))
  await assert.rejects(
    setup.start(server('quick'), broken, slow, server('late', 50)),
    /^Error: no port is free/,
  )
  assert.deepEqual(ended.toSorted(), ['a file', 'late', 'quick'])
  await setup.end()
  assert.equal(ended.length, 3)
})

test('It is called off from outside, too', async () => {
  await assert.rejects(createSetup(AbortSignal.abort()).start(slow), { name: 'AbortError' })
})

test('What does not end keeps nothing else from ending, and is told of', async () => {
  const setup = createSetup()
  await setup.start(server('a'))
  setup.with('stuck', () => Promise.reject(new Error('still open')))
  await setup.start(server('b'))
  await assert.rejects(setup.end(), /still open/)
  assert.deepEqual(ended, ['b', 'a'])
})
