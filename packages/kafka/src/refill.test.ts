import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { memoryStore, type NewEvent } from '@waybill/core'
import { anEvent } from './an-event.test.fixture.ts'
import { commit } from './commit.test.fixture.ts'
import { eventsSince, type EventTable } from './refill.ts'

/** A table with these events, and how often it was looked at. */
async function tableOf(events: readonly NewEvent[]): Promise<EventTable & { looks: number }> {
  const store = memoryStore('news')
  await commit(store, events)
  const table: EventTable & { looks: number } = {
    service: store.service,
    looks: 0,
    published: (...args) => {
      table.looks += 1
      return store.published(...args)
    },
  }
  return table
}

const events = (count: number, at: (n: number) => number, topic = 'news'): NewEvent[] =>
  Array.from({ length: count }, (_, n) => anEvent({ text: `${topic} ${at(n)}`, topic, at: at(n) }))

async function textsSince(tables: readonly EventTable[], since: number): Promise<readonly string[]> {
  const texts: string[] = []
  for await (const page of eventsSince(tables, 'news', since)) {
    texts.push(...page.map(({ event }) => Buffer.from(event.payload).toString()))
  }
  return texts
}

describe('Events since a time', () => {
  it('are all of them, in order, when none is older', async () => {
    const table = await tableOf(events(2_500, (n) => n))
    assert.deepEqual(
      await textsSince([table], 0),
      Array.from({ length: 2_500 }, (_, n) => `news ${n}`),
    )
  })

  it('are found without reading all that is older', async () => {
    for (const since of [1, 40_000, 69_999, 80_000]) {
      const table = await tableOf([
        ...events(60_000, (n) => n),
        ...events(5_000, () => 60_000, 'other'),
        ...events(10_000, (n) => 60_000 + n),
      ])
      const texts = await textsSince([table], since)
      assert.equal(texts.length, Math.max(0, 70_000 - since))
      assert.equal(texts[0], since < 70_000 ? `news ${since}` : undefined)
      assert.ok(table.looks < 40 + texts.length / 1_000, `${table.looks} looks`)
    }
  })

  it('of two tables come together in the order of time', async () => {
    const tables = [await tableOf(events(1_500, (n) => 2 * n)), await tableOf(events(500, (n) => 6 * n + 1))]
    const times = (await textsSince(tables, 600)).map((text) => Number(text.split(' ')[1]))
    assert.deepEqual(
      times,
      times.toSorted((a, b) => a - b),
    )
    assert.equal(times.length, 1_200 + 400)
  })

  it('are none where there are none', async () => {
    assert.deepEqual(
      await textsSince([await tableOf([]), await tableOf(events(3, (n) => n, 'other'))], 0),
      [],
    )
    assert.deepEqual(await textsSince([await tableOf(events(3, (n) => n))], 3), [])
  })
})
