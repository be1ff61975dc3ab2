import assert from 'node:assert/strict'
import type { Moment, Store } from '@waybill/core'
import { group } from './context.ts'
import { anEvent, aService, comparable, happenedAt, many, newId, news, textOf, write } from './fixtures.ts'

async function historyOf(store: Store, subject: string, until?: Moment): Promise<readonly string[]> {
  return (await store.history(subject, { until })).map(textOf)
}

const at = (ms: number): Date => new Date(happenedAt + ms)

export const history = group('history', {
  'is every event of the entity, in order, published or not': async (context) => {
    const store = await context.open(aService())
    await write(store, {
      events: [
        anEvent({ text: '1', subject: 'order/1' }),
        anEvent({ text: 'other', subject: 'order/11' }),
        anEvent({ text: '2', subject: 'order/1', topic: undefined, key: 'another' }),
        anEvent({ text: 'of none' }),
      ],
    })
    await write(store, { events: [anEvent({ text: '3', subject: 'order/1' })] })
    assert.deepEqual(await historyOf(store, 'order/1'), ['1', '2', '3'])
    assert.deepEqual(await historyOf(store, 'order/2'), [])
    assert.deepEqual((await news(store)).map(textOf), ['1', 'other', 'of none', '3'])
  },

  'an event belongs to every entity that it names': async (context) => {
    const store = await context.open(aService())
    await write(store, {
      events: [
        anEvent({ text: '1', subject: 'stock/a', alsoSubjects: ['stock/b', 'order/1'] }),
        anEvent({ text: '2', subject: 'stock/b' }),
        anEvent({ text: '3', subject: 'order/1', alsoSubjects: ['stock/b'] }),
      ],
    })
    assert.deepEqual(await historyOf(store, 'stock/a'), ['1'])
    assert.deepEqual(await historyOf(store, 'stock/b'), ['1', '2', '3'])
    assert.deepEqual(await historyOf(store, 'order/1'), ['1', '3'])
    assert.equal((await news(store)).length, 3, 'it stands in the log once')
  },

  'ends at a position, that one included': async (context) => {
    const store = await context.open(aService())
    const also = { subject: 'stock/b', alsoSubjects: ['stock/a'] }
    await write(store, {
      events: [anEvent({ text: '1', subject: 'stock/a' }), anEvent(), anEvent({ text: '3', ...also })],
    })
    assert.deepEqual(await historyOf(store, 'stock/a', { position: 0 }), [])
    assert.deepEqual(await historyOf(store, 'stock/a', { position: 2 }), ['1'])
    assert.deepEqual(await historyOf(store, 'stock/a', { position: 3 }), ['1', '3'])
  },

  'ends at a time, that one included': async (context) => {
    const store = await context.open(aService())
    const also = { subject: 'stock/b', alsoSubjects: ['stock/a'] }
    await write(store, { events: [anEvent({ text: '1', subject: 'stock/a', at: happenedAt })] })
    await write(store, { events: [anEvent({ text: '2', ...also, at: happenedAt + 10 })] })
    assert.deepEqual(await historyOf(store, 'stock/a', { time: at(-1) }), [])
    assert.deepEqual(await historyOf(store, 'stock/a', { time: at(0) }), ['1'])
    assert.deepEqual(await historyOf(store, 'stock/a', { time: at(9) }), ['1'])
    assert.deepEqual(await historyOf(store, 'stock/a', { time: at(10) }), ['1', '2'])
  },

  'comes in pages, one after the other, and an empty one is the last': async (context) => {
    const store = await context.open(aService())
    await write(store, {
      events: many(25, (n) =>
        n % 3 === 0
          ? anEvent({ text: `${n}`, subject: 'order/1', alsoSubjects: ['stock/a'] })
          : anEvent({ text: `${n}`, subject: n % 3 === 1 ? 'stock/a' : 'stock/b' }),
      ),
    })
    const wanted = many(25, (n) => `${n}`).filter((_, n) => n % 3 !== 2)
    for (const [limit, until] of [
      [1, undefined],
      [4, undefined],
      [100, undefined],
      [4, { position: 14 }],
    ] as const) {
      const seen: string[] = []
      for (let after = 0; ;) {
        const page = await store.history('stock/a', { after, until, limit })
        assert.ok(page.length <= limit)
        if (page.length === 0) break
        seen.push(...page.map(textOf))
        assert.ok(seen.length <= wanted.length, 'each event once')
        after = page.at(-1)!.position
      }
      assert.deepEqual(seen, until === undefined ? wanted : wanted.filter((text) => Number(text) < 14))
    }
  },

  'gives events as they were written': async (context) => {
    const store = await context.open(aService())
    const full = anEvent({
      subject: 'order/1',
      causationId: newId(),
      traceparent: '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01',
      payload: Uint8Array.from({ length: 256 }, (_, byte) => byte),
    })
    const bare = anEvent({ subject: 'order/1', topic: undefined, payload: new Uint8Array() })
    await write(store, { events: [full, bare] })
    const expected = [full, bare].map(({ alsoSubjects: _, ...event }, index) => ({
      ...comparable(event),
      position: index + 1,
    }))
    assert.deepEqual((await store.history('order/1')).map(stripped), expected)
    assert.deepEqual((await store.correlated(full.correlationId, 9)).map(stripped), [expected[0]])
    assert.deepEqual((await news(store)).map(stripped), [expected[0]])
  },

  'of a flow is all its events in this service, in order': async (context) => {
    const store = await context.open(aService())
    const correlationId = newId()
    await write(store, {
      events: [
        anEvent({ text: '1', correlationId }),
        anEvent({ text: 'other' }),
        anEvent({ text: '2', correlationId, topic: undefined, key: 'another' }),
      ],
    })
    await write(store, { events: [anEvent({ text: '3', correlationId })] })
    const flow = async (limit: number): Promise<readonly string[]> =>
      (await store.correlated(correlationId, limit)).map(textOf)
    assert.deepEqual(await flow(10), ['1', '2', '3'])
    assert.deepEqual(await flow(2), ['1', '2'])
    assert.deepEqual(await store.correlated(newId(), 10), [])
  },
})

/** Only what the contract names: a store may know more of an event. */
function stripped(event: Awaited<ReturnType<Store['history']>>[number]): unknown {
  const { id, type, topic, key, subject, correlationId, causationId, traceparent, at: time, position } = event
  const head = { id, type, topic, key, subject, correlationId, causationId, traceparent, at: time }
  return { ...head, payload: [...event.payload], position }
}
