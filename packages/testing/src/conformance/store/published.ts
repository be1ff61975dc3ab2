import assert from 'node:assert/strict'
import { group } from './context.ts'
import { anEvent, aService, many, textOf, write } from './fixtures.ts'

export const published = group('published', {
  'gives the events of the topics asked for, in order': async (context) => {
    const store = await context.open(aService())
    const topics = ['a', 'b', undefined, 'c', 'a', 'b']
    await write(store, { events: topics.map((topic, n) => anEvent({ topic, text: `${n + 1}` })) })
    const found = async (...names: string[]): Promise<readonly string[]> =>
      (await store.published(0, names, 100)).events.map(textOf)
    assert.deepEqual(await found('a'), ['1', '5'])
    assert.deepEqual(await found('a', 'b'), ['1', '2', '5', '6'])
    assert.deepEqual(await found('unknown'), [])
    assert.deepEqual(await found(), [])
  },

  'begins after a position': async (context) => {
    const store = await context.open(aService())
    await write(store, { events: many(5, (n) => anEvent({ text: `${n + 1}` })) })
    const after = async (position: number): Promise<readonly string[]> =>
      (await store.published(position, ['news'], 100)).events.map(textOf)
    assert.deepEqual(await after(3), ['4', '5'])
    assert.deepEqual(await after(5), [])
    assert.deepEqual(await after(50), [])
  },

  'tells how far it has searched, also beyond what it found': async (context) => {
    const store = await context.open(aService())
    assert.equal((await store.published(0, ['news'], 10)).upTo, 0)
    await write(store, { events: [anEvent(), ...many(30, () => anEvent({ topic: 'noise' }))] })
    const { events, upTo } = await store.published(0, ['news'], 10)
    assert.deepEqual([events.length, upTo], [1, 31])
    assert.equal((await store.published(0, ['unknown'], 10)).upTo, 31)
    assert.equal((await store.published(31, ['news'], 10)).upTo, 31)
  },

  'in portions gives everything once': async (context) => {
    const store = await context.open(aService())
    const topics = many(100, (n) => (n % 3 === 0 ? 'news' : 'noise'))
    await write(store, { events: topics.map((topic, n) => anEvent({ topic, text: `${n}` })) })
    const seen: string[] = []
    let after = 0
    for (let turn = 0; turn < 100 && after < 100; turn += 1) {
      const { events, upTo } = await store.published(after, ['news'], 4)
      assert.ok(events.length <= 4 && upTo > after && upTo >= (events.at(-1)?.position ?? 0))
      seen.push(...events.map(textOf))
      after = upTo
    }
    assert.deepEqual(
      seen,
      many(34, (n) => `${3 * n}`),
    )
  },
})
