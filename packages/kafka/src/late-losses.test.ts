import assert from 'node:assert/strict'
import { afterEach, describe, it } from 'node:test'
import { setImmediate as turn } from 'node:timers/promises'
import type { Offset } from '@waybill/core'
import type { Loss } from './loss.ts'
import { type Reading, readingFrom } from './reading.ts'
import { createRecovery, type Recovery } from './recovery.ts'

const saved: Offset = { source: 't', partition: 0, next: 5, mark: 'id-1:0' }

/** A recovery of one partition, with a table that is empty. */
function start(reading: Reading) {
  const given: number[] = []
  const recovery: Recovery = createRecovery({
    tables: () => [{ service: 's', published: async (after) => ({ events: [], upTo: after, atEnd: true }) }],
    isRead: (one) => one === reading,
    isHeld: () => true,
    give: async (portions) => void given.push(portions.length),
    settled: async () => {},
    from: async () => saved,
    again: () => assert.fail('nothing is begun anew'),
    goOn: () => {},
    halted: () => assert.fail('nothing is halted'),
    trouble: () => {},
  })
  open.push(recovery)
  return { recovery, given }
}

const open: Recovery[] = []

function lossOf(reading: Reading, resume: Loss['resume']): Loss {
  return { reading, at: { ...reading }, kind: 'recreated', found: 'another', resume, partitions: 1 }
}

describe('A loss that is told late', () => {
  afterEach(() => open.splice(0).forEach((recovery) => recovery.close()))

  it('is passed over when its partition is read from elsewhere by then', async () => {
    const reading = readingFrom('t', 0, saved)
    const { recovery, given } = start(reading)
    const resume = { next: 0, topicId: 'id-2', epoch: -1 }
    const [first, late] = [lossOf(reading, resume), lossOf(reading, resume)]
    recovery.lost([first])
    while (given.length === 0) await turn()
    recovery.saved([{ ...saved, next: 0, mark: 'id-2:-1' }])
    assert.deepEqual([reading.next, reading.topicId], [0, 'id-2'])
    recovery.lost([late])
    assert.equal(recovery.isResting(reading), false)
  })

  it('does not wait for a position to be saved that is saved already', async () => {
    const reading = readingFrom('t', 0, saved)
    const { recovery, given } = start(reading)
    // It has read on since, of what nothing was to be handled.
    Object.assign(reading, { next: 9, epoch: 3 })
    recovery.lost([lossOf(reading, { next: 5, topicId: 'id-1', epoch: 0 })])
    assert.equal(recovery.isResting(reading), true)
    while (recovery.isResting(reading)) await turn()
    assert.deepEqual([reading.next, reading.epoch, given], [5, 0, []])
  })
})
