import assert from 'node:assert/strict'
import { hasCode, type ParkedEntry, type Store } from '@waybill/core'
import { group } from './context.ts'
import {
  aDeadline,
  aNeed,
  anEvent,
  aParked,
  aService,
  bytes,
  comparable,
  newId,
  now,
  textOf,
  texts,
  write,
} from './fixtures.ts'

const conflict = (error: unknown): boolean => hasCode(error, 'BATCH_CONFLICT')

/** The texts of what may be tried now. */
async function dueTexts(
  store: Store,
  time: number,
  keys: readonly string[] = [],
): Promise<readonly string[]> {
  return (await store.due(time, 100, keys)).parked.map(({ event }) => textOf(event))
}

async function parkedTexts(store: Store): Promise<readonly string[]> {
  return (await store.parked(100)).map(({ event }) => textOf(event))
}

/** The ticket of the parked event with this text. */
async function ticketOf(store: Store, text: string): Promise<number> {
  return (await store.parked(100)).find(({ event }) => textOf(event) === text)!.ticket
}

const withoutTicket = ({ ticket: _, ...entry }: ParkedEntry): unknown => ({
  ...entry,
  event: comparable(entry.event),
})

export const parking = group('parking', {
  'keeps events as they are, oldest first': async (context) => {
    const store = await context.open(aService())
    const { alsoSubjects: _, ...event } = anEvent({
      key: 'a',
      subject: 'order/1',
      causationId: newId(),
      traceparent: '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01',
      payload: bytes('\u0000é'),
    })
    const first = aParked('a', '', {
      event,
      error: { code: 'X', message: 'a "quoted"\nline' },
      since: now - 5,
    })
    const second = aParked('b', 'two', { reason: 'effect', attempts: 0, error: undefined, nextAt: now + 7 })
    const third = aParked('a', 'three', {
      reason: 'behind',
      attempts: 0,
      error: undefined,
      source: 'deadline',
    })
    await write(store, { park: [first, second] })
    await write(store, { park: [third] })
    const found = await store.parked(10)
    assert.deepEqual(
      found.map(withoutTicket),
      [first, second, third].map((parked) => ({ ...parked, event: comparable(parked.event) })),
    )
    assert.ok(found[0]!.ticket < found[1]!.ticket && found[1]!.ticket < found[2]!.ticket)
    assert.equal((await store.parked(2)).length, 2)
  },

  'tells which keys have parked events': async (context) => {
    const store = await context.open(aService())
    await write(store, { park: [aParked('a', '1'), aParked('a', '2'), aParked('b', '3')] })
    const keys = async (): Promise<string[]> =>
      [...(await store.load(aNeed({ keys: ['a', 'b', 'c', 'a'] }))).parkedKeys].toSorted()
    assert.deepEqual(await keys(), ['a', 'b'])
    await write(store, { unpark: [await ticketOf(store, '1'), await ticketOf(store, '3')] })
    assert.deepEqual(await keys(), ['a'])
    await write(store, { unpark: [await ticketOf(store, '2')] })
    assert.deepEqual(await keys(), [])
  },

  'lets only the first of a key be tried, at its time': async (context) => {
    const store = await context.open(aService())
    await write(store, {
      park: [
        aParked('a', 'a1', { nextAt: now + 100 }),
        aParked('a', 'a2', { reason: 'behind', nextAt: now }),
        aParked('b', 'b1', { nextAt: now }),
        aParked('b', 'b2', { reason: 'behind', nextAt: now }),
      ],
    })
    assert.deepEqual(await dueTexts(store, now), ['b1'])
    assert.deepEqual(await dueTexts(store, now + 99), ['b1'])
    assert.deepEqual(await dueTexts(store, now + 100), ['a1', 'b1'])
    await write(store, { unpark: [await ticketOf(store, 'b1')] })
    assert.deepEqual(await dueTexts(store, now), ['b2'])
  },

  'keeps for ever what is never tried again by itself': async (context) => {
    const store = await context.open(aService())
    await write(store, { park: [aParked('a', 'a1', { nextAt: Number.MAX_SAFE_INTEGER })] })
    const { parked, nextAt } = await store.due(now + 1e12, 10, [])
    assert.deepEqual([parked, nextAt], [[], Number.MAX_SAFE_INTEGER])
    assert.deepEqual(await dueTexts(store, now, ['a']), ['a1'])
  },

  'lets named keys be tried at any time': async (context) => {
    const store = await context.open(aService())
    const nextAt = now + 100
    await write(store, {
      park: [aParked('a', 'a1', { nextAt }), aParked('a', 'a2', { nextAt }), aParked('b', 'b1', { nextAt })],
    })
    assert.deepEqual(await dueTexts(store, now, ['a', 'unknown']), ['a1'])
  },

  'tells when the next one may be tried': async (context) => {
    const store = await context.open(aService())
    const nextAt = async (time: number): Promise<number | undefined> => (await store.due(time, 10, [])).nextAt
    await write(store, {
      park: [
        aParked('a', 'a1', { nextAt: now + 20 }),
        aParked('a', 'a2', { nextAt: now + 5 }),
        aParked('b', 'b1', { nextAt: now + 30 }),
      ],
    })
    assert.equal(await nextAt(now), now + 20)
    assert.equal(await nextAt(now + 20), now + 30)
    await write(store, { deadlines: [aDeadline({ dueAt: now + 10 })] })
    assert.equal(await nextAt(now), now + 10)
  },

  'keeps the place of one that is tried once more': async (context) => {
    const store = await context.open(aService())
    await write(store, { park: [aParked('a', 'a1'), aParked('a', 'a2'), aParked('b', 'b1')] })
    const ticket = await ticketOf(store, 'a1')
    const error = { code: 'EFFECT_FAILED', message: 'again' }
    await write(store, { repark: [{ ticket, reason: 'effect', attempts: 4, error, nextAt: now + 50 }] })
    assert.deepEqual(await parkedTexts(store), ['a1', 'a2', 'b1'])
    const [first] = await store.parked(1)
    assert.deepEqual(
      { ticket: first!.ticket, reason: first!.reason, attempts: first!.attempts, error: first!.error },
      { ticket, reason: 'effect', attempts: 4, error },
    )
    assert.equal(first!.since, now)
    assert.deepEqual(await dueTexts(store, now), ['b1'])
    assert.deepEqual(await dueTexts(store, now + 50), ['a1', 'b1'])
    await write(store, { repark: [{ ticket, reason: 'failed', attempts: 5, error: undefined, nextAt: now }] })
    assert.equal((await store.parked(1))[0]!.error, undefined)
  },

  'keeps the order of a key whose events come in several batches': async (context) => {
    const store = await context.open(aService())
    for (const text of ['1', '2', '3', '4']) {
      await write(store, { park: [aParked('a', text), aParked('b', `b${text}`)] })
    }
    const order: string[] = []
    for (let n = 0; n < 4; n += 1) {
      const due = (await store.due(now, 10, [])).parked.find(({ event }) => event.key === 'a')!
      order.push(textOf(due.event))
      await write(store, { unpark: [due.ticket] })
    }
    assert.deepEqual(order, ['1', '2', '3', '4'])
  },

  'settles once': async (context) => {
    const store = await context.open(aService())
    await write(store, { park: [aParked('a', 'a1'), aParked('a', 'a2')] })
    const [one, two] = [await ticketOf(store, 'a1'), await ticketOf(store, 'a2')]
    const settle = (): Promise<number> =>
      write(store, { unpark: [one], events: [anEvent({ text: 'settled' })] })
    const attempts = await Promise.allSettled([settle(), settle(), settle()])
    const failed = attempts.filter((attempt) => attempt.status === 'rejected')
    assert.deepEqual([failed.length, failed.every(({ reason }) => conflict(reason))], [2, true])
    const again = { ticket: one, reason: 'failed', attempts: 2, error: undefined, nextAt: now } as const
    await assert.rejects(write(store, { repark: [again] }), conflict)
    await assert.rejects(write(store, { unpark: [two, one] }), conflict)
    assert.deepEqual(await texts(store), ['settled'])
    assert.deepEqual(await parkedTexts(store), ['a2'])
  },

  'an event may be parked in the batch that settles another of its key': async (context) => {
    const store = await context.open(aService())
    await write(store, { park: [aParked('a', 'a1')] })
    await write(store, { unpark: [await ticketOf(store, 'a1')], park: [aParked('a', 'a2')] })
    assert.deepEqual(await dueTexts(store, now), ['a2'])
  },

  'comes by its key, when nothing else is asked for': async (context) => {
    const store = await context.open(aService())
    const park = ['a', 'b', 'c'].flatMap((key) => [aParked(key, `${key}1`), aParked(key, `${key}2`)])
    await write(store, { park, deadlines: [aDeadline({ dueAt: now }), aDeadline({ recorded: true })] })
    const { deadlines, parked, nextAt } = await store.due(undefined, 10, ['c', 'a', 'x'])
    assert.deepEqual(
      parked.map(({ event }) => textOf(event)),
      ['a1', 'c1'],
    )
    assert.deepEqual([deadlines, nextAt], [[], undefined])
    assert.deepEqual((await store.due(undefined, 1, ['c', 'a'])).parked.length, 1)
  },

  'comes in portions': async (context) => {
    const store = await context.open(aService())
    await write(store, { park: ['a', 'b', 'c'].map((key) => aParked(key, key)) })
    const { parked, nextAt } = await store.due(now, 2, [])
    assert.deepEqual([parked.map(({ event }) => event.key), nextAt! <= now], [['a', 'b'], true])
  },
})
