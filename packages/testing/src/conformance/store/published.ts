import assert from 'node:assert/strict'
import type { StoredEvent } from '@waybill/core'
import { group } from './context.ts'
import { allPublished, anEvent, aService, many, textOf, write } from './fixtures.ts'

export const published = group('published', {
  'gives the events of the topics asked for, in order': async (context) => {
    const store = await context.open(aService())
    const topics = ['a', 'b', undefined, 'c', 'a', 'b']
    await write(store, { events: topics.map((topic, n) => anEvent({ topic, text: `${n + 1}` })) })
    const found = async (...names: string[]): Promise<readonly string[]> =>
      (await allPublished(store, names)).map(textOf)
    assert.deepEqual(await found('a'), ['1', '5'])
    assert.deepEqual(await found('a', 'b'), ['1', '2', '5', '6'])
    assert.deepEqual(await found('unknown'), [])
    assert.deepEqual(await found(), [])
  },

  'begins after a position': async (context) => {
    const store = await context.open(aService())
    await write(store, { events: many(5, (n) => anEvent({ text: `${n + 1}` })) })
    const after = async (position: number): Promise<readonly string[]> =>
      (await allPublished(store, ['news'], { after: position })).map(textOf)
    assert.deepEqual(await after(3), ['4', '5'])
    assert.deepEqual(await after(5), [])
    assert.deepEqual(await after(50), [])
  },

  'tells how far it has searched, also beyond what it found, and when it is at the end': async (context) => {
    const store = await context.open(aService())
    const search = async (after: number, topic: string): Promise<unknown> => {
      let page = await store.published(after, [topic], 10)
      let count = page.events.length
      while (!page.atEnd) {
        page = await store.published(page.upTo, [topic], 10)
        count += page.events.length
      }
      return { count, upTo: page.upTo }
    }
    assert.deepEqual(await search(0, 'news'), { count: 0, upTo: 0 })
    await write(store, { events: [anEvent(), ...many(30, () => anEvent({ topic: 'noise' }))] })
    assert.deepEqual(await search(0, 'news'), { count: 1, upTo: 31 })
    assert.deepEqual(await search(0, 'unknown'), { count: 0, upTo: 31 })
    assert.deepEqual(await search(31, 'news'), { count: 0, upTo: 31 })
    await write(store, { events: [anEvent()] })
    assert.deepEqual(await search(31, 'news'), { count: 1, upTo: 32 })
  },

  'is not at the end while there is more': async (context) => {
    const store = await context.open(aService())
    await write(store, { events: many(10, () => anEvent()) })
    const first = await store.published(0, ['news'], 5)
    assert.deepEqual([first.events.length, first.upTo, first.atEnd], [5, 5, false])
    const second = await store.published(5, ['news'], 100)
    assert.deepEqual([second.events.length, second.upTo, second.atEnd], [5, 10, true])
  },

  'in portions gives everything once': async (context) => {
    const store = await context.open(aService())
    const topics = many(100, (n) => (n % 3 === 0 ? 'news' : 'noise'))
    await write(store, { events: topics.map((topic, n) => anEvent({ topic, text: `${n}` })) })
    for (const limit of [1, 4, 34, 100]) {
      assert.deepEqual(
        (await allPublished(store, ['news'], { limit })).map(textOf),
        many(34, (n) => `${3 * n}`),
      )
    }
  },

  'remembers only what is there, and all of that, also where others commit in between': {
    needs: ['handles'],
    run: async (context) => {
      const service = aService()
      const [own, other] = [await context.open(service), await context.open(service)]
      const writers = [own, own, other, own, other, other, own, own]
      const topics = ['news', 'noise', undefined]
      for (const [n, writer] of writers.entries()) {
        await write(writer, { events: many(n + 1, (nth) => anEvent({ topic: topics[nth % 3] })) })
      }
      const all = await allPublished(own, ['news', 'noise'])
      for (let after = 0; after <= all.at(-1)!.position; after += 1) {
        for (const wanted of [['news'], ['noise', 'news']]) {
          const page = own.recent(after, wanted, 5)
          if (page === undefined) continue
          const there = all.filter(({ position }) => position > after && position <= page.upTo)
          const expected = there.filter(({ topic }) => wanted.includes(topic!))
          assert.ok(page.upTo > after, 'a page leads on')
          assert.deepEqual(page.events.map(idOf), expected.map(idOf))
          assert.deepEqual(page.events.map(textOf), expected.map(textOf))
        }
      }
    },
  },
})

function idOf({ position, id }: StoredEvent): string {
  return `${position} ${id}`
}
