import assert from 'node:assert/strict'
import { test } from 'node:test'
import { virtualClock } from '@waybill/testing'
import type { Instance } from '../outside/directory.ts'
import { addressBook } from './instances.ts'

const at = (address: string, status: Instance['status'] = 'up'): Instance => ({
  service: 'order',
  instanceId: address,
  address,
  startedAt: new Date(0),
  lastHeartbeatAt: new Date(0),
  status,
})

test('a clock that is set back does not keep what is known', async () => {
  const clock = virtualClock()
  let there = [at('http://a')]
  const addresses = addressBook({ instances: async () => there }, { ...clock, now: () => -3_600_000 })
  assert.deepEqual(await addresses('order'), ['http://a'])
  there = [at('http://b')]
  await clock.advance(501)
  assert.deepEqual(await addresses('order'), ['http://b'])
})

test('while the directory cannot be read, instances are where they were', async () => {
  const clock = virtualClock()
  let answer = (): Promise<readonly Instance[]> => Promise.reject(new Error('the database is away'))
  const addresses = addressBook({ instances: () => answer() }, clock)
  assert.deepEqual(await addresses('order'), [])

  await clock.advance(1_000)
  const there = [at('http://a'), at('http://b', 'down'), at('elsewhere')]
  answer = async () => there
  assert.deepEqual(await addresses('order'), ['http://a'])

  await clock.advance(1_000)
  answer = () => Promise.reject(new Error('the database is away'))
  assert.deepEqual(await addresses('order'), ['http://a'])
  assert.deepEqual(await addresses('product'), [])
})
