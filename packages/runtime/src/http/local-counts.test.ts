import assert from 'node:assert/strict'
import { test } from 'node:test'
import { localCounts } from './local-counts.ts'

test('a key is counted for a minute from its first request on, whatever the time of day', async () => {
  let now = 5
  const counts = localCounts(60, { monotonic: () => now })
  assert.deepEqual(await counts.count('a'), { current: 1, ttl: 60_000 })
  now += 59_999
  assert.deepEqual(await counts.count('a'), { current: 2, ttl: 1 })
  assert.deepEqual(await counts.count('b'), { current: 1, ttl: 60_000 })
  now += 1
  assert.deepEqual(await counts.count('a'), { current: 1, ttl: 60_000 })
  assert.deepEqual(await counts.count('b'), { current: 2, ttl: 59_999 })
})

test('no more callers are remembered than there is room for', async () => {
  const counts = localCounts(60, { monotonic: () => 0 })
  for (let n = 0; n <= 20_001; n += 1) await counts.count(String(n))
  assert.equal((await counts.count('20001')).current, 2)
  assert.equal((await counts.count('0')).current, 1)
})
