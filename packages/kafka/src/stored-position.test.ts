import assert from 'node:assert/strict'
import { beforeEach, describe, it } from 'node:test'
import { memoryData, memoryStore } from '@waybill/core'
import { type VirtualClock, virtualClock } from '@waybill/testing'
import type { RelayPosition } from './relay.ts'
import { storedPosition } from './stored-position.ts'

describe('A position in the store', () => {
  let clock: VirtualClock
  let one: RelayPosition
  let other: RelayPosition

  beforeEach(() => {
    clock = virtualClock()
    const store = memoryStore('orders', memoryData(clock))
    one = storedPosition(store)
    other = storedPosition(store)
  })

  it('begins at 0, and is where it was saved', async () => {
    assert.equal(await one.load(), 0)
    assert.equal(await one.save(7), true)
    assert.equal(await one.save(9), true)
    assert.equal(await one.load(), 9)
  })

  it('is one process’s alone as long as that renews its lease', async () => {
    assert.equal(await one.load(), 0)
    for (let turn = 1; turn <= 5; turn += 1) {
      await clock.advance(4_000)
      assert.equal(await other.load(), undefined)
      assert.equal(await one.renew(), true)
      assert.equal(await one.save(turn), true)
    }
  })

  it('is another’s at once when it is released', async () => {
    await one.load()
    await one.save(3)
    await one.release()
    assert.equal(await other.load(), 3)
    assert.equal(await one.load(), undefined)
  })

  it('is another’s after a while when its process is gone; then that one saves nothing more', async () => {
    await one.load()
    await one.save(3)
    await clock.advance(5_001)
    assert.equal(await other.load(), 3)
    assert.equal(await other.save(4), true)
    assert.equal(await one.save(5), false)
    assert.equal(await one.renew(), false)
    await one.release()
    assert.equal(await other.load(), 4)
  })

  it('goes to one of two that ask at the same time', async () => {
    const answers = await Promise.all([one.load(), other.load()])
    assert.deepEqual(answers.toSorted(), [0, undefined])
  })
})
