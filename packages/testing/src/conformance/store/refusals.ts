import assert from 'node:assert/strict'
import { hasCode, type Write } from '@waybill/core'
import { group, type StoreContext } from './context.ts'
import { aDeadline, anEvent, aParked, aService, news, write } from './fixtures.ts'

/** What can never be is not a conflict: that would be tried again for ever. And it harms nothing else. */
function refuses(make: () => Partial<Write>) {
  return async (context: StoreContext): Promise<void> => {
    const store = await context.open(aService())
    await assert.rejects(
      write(store, make()),
      (error) =>
        !hasCode(error, 'BATCH_CONFLICT') &&
        !hasCode(error, 'OFFSETS_LOST') &&
        !hasCode(error, 'STORE_UNAVAILABLE'),
    )
    assert.deepEqual(await news(store), [])
    assert.equal(await write(store, { events: [anEvent()] }), 1)
  }
}

const row = { id: 'p', team: 't', age: 1, active: true, tags: [] }

export const refusals = group('refusals', {
  'an event names an entity once': refuses(() => ({
    events: [anEvent({ subject: 'a/1', alsoSubjects: ['a/2', 'a/2'] })],
  })),

  'the one that it belongs to first, too': refuses(() => ({
    events: [anEvent({ subject: 'a/1', alsoSubjects: ['a/2', 'a/1'] })],
  })),

  'an entity is written once in a batch': refuses(() => ({
    snapshots: [
      { subject: 'a/1', version: 1, expected: 0, way: 1, state: 1 },
      { subject: 'a/1', version: 2, expected: 0, way: 1, state: 2 },
    ],
  })),

  'so is a row': refuses(() => ({
    rows: [
      { view: 'people', key: 'p', row },
      { view: 'people', key: 'p', row },
    ],
  })),

  'so is a queue': refuses(() => ({
    park: [aParked('a', '1')],
    queues: [
      { queue: 'a', expected: 0, length: 1, next: undefined },
      { queue: 'a', expected: 0, length: 1, next: undefined },
    ],
  })),

  'so is an offset': refuses(() => ({
    offsets: [
      { source: 'a', partition: 0, expected: 0, next: 1 },
      { source: 'a', partition: 0, expected: 0, next: 2 },
    ],
  })),

  'so is a reply': refuses(() => {
    const reply = { slot: 's', fingerprint: 'f', reply: 1, keepMs: 1_000 }
    return { replies: [reply, reply] }
  }),

  'so is a deadline': refuses(() => {
    const deadline = aDeadline()
    return { deadlines: [deadline, deadline] }
  }),

  'a name that no index takes is refused': refuses(() => ({
    // Not to be made shorter by compression.
    snapshots: [
      {
        subject: Buffer.from(crypto.getRandomValues(new Uint8Array(4_000))).toString('base64'),
        version: 1,
        way: 1,
        expected: 0,
        state: 1,
      },
    ],
  })),
})
