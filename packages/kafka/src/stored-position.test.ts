import assert from 'node:assert/strict'
import { beforeEach, describe, it, mock } from 'node:test'
import { memoryStore } from '@waybill/core'
import type { RelayPosition } from './relay.ts'
import { storedPosition } from './stored-position.ts'

describe('A position in the store', () => {
  let one: RelayPosition
  let other: RelayPosition

  beforeEach(() => {
    const store = memoryStore('orders')
    one = storedPosition(store)
    other = storedPosition(store)
    mock.timers.reset()
    mock.timers.enable({ apis: ['Date'], now: Date.UTC(2026, 0, 1) })
  })

  it('begins at 0, and is where it was saved', async () => {
    assert.equal(await one.load(), 0)
    assert.equal(await one.save(7), true)
    assert.equal(await one.save(9), true)
    assert.equal(await one.load(), 9)
  })

  it('is one process’s alone as long as that saves now and then', async () => {
    assert.equal(await one.load(), 0)
    for (let turn = 1; turn <= 5; turn += 1) {
      mock.timers.tick(5_000)
      assert.equal(await other.load(), undefined)
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
    mock.timers.tick(6_001)
    assert.equal(await other.load(), 3)
    assert.equal(await one.save(5), false)
    assert.equal(await other.save(4), true)
    await one.release()
    assert.equal(await other.load(), 4)
  })

  it('goes to one of two that ask at the same time', async () => {
    const answers = await Promise.all([one.load(), other.load()])
    assert.deepEqual(answers.toSorted(), [0, undefined])
  })
})
