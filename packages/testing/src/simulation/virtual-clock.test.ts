import assert from 'node:assert/strict'
import { test } from 'node:test'
import { sleep } from '@waybill/core'
import { seededIds } from './seeded-ids.ts'
import { virtualClock } from './virtual-clock.ts'

test('timers fire in the order of their time, not before it, and not when cancelled', async () => {
  const clock = virtualClock(1_000)
  const fired: string[] = []
  const note = (name: string) => () => void fired.push(`${name} at ${clock.now()}`)
  clock.timer(20, note('late'))
  clock.timer(10, note('first'))
  clock.timer(10, note('second'))
  clock.timer(10, note('never'))()
  await clock.advance(9)
  assert.deepEqual([fired, clock.now(), clock.nextTimer()], [[], 1_009, 1_010])
  await clock.advance(11)
  assert.deepEqual(fired, ['first at 1010', 'second at 1010', 'late at 1020'])
  assert.equal(clock.nextTimer(), undefined)
})

test('what a timer starts may sleep within the same advance', async () => {
  const clock = virtualClock(0)
  const woken: number[] = []
  void (async () => {
    for (let turn = 0; turn < 3; turn += 1) {
      await sleep(clock, 5)
      woken.push(clock.now())
    }
  })()
  await clock.advance(20)
  assert.deepEqual([woken, clock.now()], [[5, 10, 15], 20])
})

test('ids are UUIDs of version 7, sort as they were made, and repeat with their seed', async () => {
  const make = async (seed: number): Promise<string[]> => {
    const clock = virtualClock()
    const { newId } = seededIds(clock, seed)
    const first = Array.from({ length: 10_000 }, newId)
    await clock.advance(1)
    return [...first, newId()]
  }
  const made = await make(7)
  assert.deepEqual(made, made.toSorted())
  assert.equal(new Set(made).size, made.length)
  assert.ok(
    made.every((id) => /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/.test(id)),
  )
  assert.deepEqual(await make(7), made)
  assert.notDeepEqual(await make(8), made)
})
