import assert from 'node:assert/strict'
import { type ErrorCode, hasCode, type Store, type Write } from '@waybill/core'
import { group, type StoreContext } from './context.ts'
import {
  aDeadline,
  aNeed,
  anEvent,
  aParked,
  aService,
  aWrite,
  news,
  due,
  newId,
  queueChanges,
  textOf,
  write,
} from './fixtures.ts'

const claimed = newId()

/** A write with something of every kind. */
function everything(correlationId: string): Write {
  const parked = [aParked('parked-key', 'later')]
  return aWrite({
    events: [
      anEvent({ text: 'all', key: 'whole', subject: 'order/1', alsoSubjects: ['cart/1'], correlationId }),
    ],
    snapshots: [{ subject: 'order/1', version: 1, expected: 0, way: 1, state: { all: true } }],
    rows: [{ view: 'people', key: 'p1', row: { id: 'p1', team: 'a', age: 1, active: true, tags: [] } }],
    deadlines: [aDeadline()],
    park: parked,
    queues: queueChanges({ queues: new Map() }, { park: parked, next: { afterMs: 0 } }),
    offsets: [{ source: 'topic', partition: 3, expected: 0, next: 9 }],
    replies: [{ slot: 'slot-1', fingerprint: 'f', reply: { id: '1' }, keepMs: 60_000 }],
  })
}

/** What there is of `everything`, each kind by its count. */
async function foundOf(store: Store, correlationId: string): Promise<Record<string, number>> {
  const loaded = await store.load(
    aNeed({
      claim: [claimed],
      subjects: ['order/1'],
      rows: [{ view: 'people', key: 'p1' }],
      queues: ['parked-key'],
      slots: ['slot-1'],
    }),
  )
  const offsets = await store.offsets()
  return {
    published: (await news(store)).filter((event) => textOf(event) === 'all').length,
    history: (await store.history('order/1')).length,
    'history of another subject': (await store.history('cart/1')).length,
    correlated: (await store.correlated(correlationId, 10)).length,
    claims: loaded.duplicates.size,
    snapshots: loaded.snapshots.size,
    rows: loaded.rows.size,
    'selected rows': (await store.selectRows({ ...selection })).length,
    queues: loaded.queues.size,
    parked: (await store.parked(10)).filter(({ event }) => event.key === 'parked-key').length,
    deadlines: (await due(store)).deadlines.length,
    'parked and due': (await due(store)).parked.length,
    offsets: offsets.filter(({ source }) => source === 'topic').length,
    replies: loaded.replies.size,
  }
}

const selection = { view: 'people', where: {}, limit: 10, order: 'ascending', after: undefined } as const

async function assertAll(store: Store, count: 0 | 1, correlationId: string): Promise<void> {
  const found = await foundOf(store, correlationId)
  assert.deepEqual(found, Object.fromEntries(Object.keys(found).map((kind) => [kind, count])))
}

/** Writes everything together with one thing that cannot be, and looks what is left. */
function failsWith(code: ErrorCode, impossible: (whole: Write) => Partial<Write>) {
  return async (context: StoreContext): Promise<void> => {
    const store = await context.open(aService())
    const correlationId = newId()
    await write(store, { events: [anEvent({ text: 'before' })] })
    const whole = everything(correlationId)
    const attempt = store.transact(aNeed({ claim: [claimed] }), () => ({
      ...whole,
      ...impossible(whole),
    }))
    await assert.rejects(attempt, (error) => hasCode(error, code))
    await assertAll(store, 0, correlationId)
    await store.transact(aNeed({ claim: [claimed] }), ({ duplicates }) => {
      assert.equal(duplicates.size, 0, 'an id stays claimed only if the batch commits')
      return whole
    })
    await assertAll(store, 1, correlationId)
  }
}

export const atomicity = group('atomicity', {
  'a lost offset undoes everything': failsWith('OFFSETS_LOST', ({ offsets }) => ({
    offsets: [...offsets, { source: 'other', partition: 0, expected: 4, next: 5 }],
  })),

  'a changed entity undoes everything': failsWith('BATCH_CONFLICT', ({ snapshots }) => ({
    snapshots: [...snapshots, { subject: 'other', version: 5, expected: 4, way: 1, state: {} }],
  })),

  'a deadline that has fired already undoes everything': failsWith('BATCH_CONFLICT', () => ({
    firedDeadlines: [newId()],
  })),

  'a parked event that is settled already undoes everything': failsWith('BATCH_CONFLICT', () => ({
    unpark: [1_000_000],
  })),

  'a parked event that is gone and is tried once more undoes everything': failsWith('BATCH_CONFLICT', () => ({
    repark: [{ ticket: 1_000_000, reason: 'failed', attempts: 2, error: undefined }],
  })),

  'a queue that is longer than it was undoes everything': failsWith('BATCH_CONFLICT', ({ queues }) => ({
    queues: [...queues, { queue: 'other', expected: 2, length: 3, next: undefined }],
  })),

  'a decide that throws writes nothing, and its error comes out as it is': async (context) => {
    const store = await context.open(aService())
    const error = new Error('from the decide')
    const need = aNeed({ claim: [claimed], subjects: ['order/1'] })
    await assert.rejects(
      store.transact(need, () => Promise.reject(error)),
      (thrown) => thrown === error,
    )
    await assertAll(store, 0, newId())
    await write(store, { events: [anEvent()] })
  },

  'many decides that throw do not use the store up': async (context) => {
    const store = await context.open(aService())
    for (let n = 0; n < 50; n += 1) {
      await assert.rejects(
        store.transact(aNeed({ subjects: ['order/1'] }), () => Promise.reject(new Error())),
      )
    }
    await write(store, { events: [anEvent()] })
  },
})
