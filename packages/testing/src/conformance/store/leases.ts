import assert from 'node:assert/strict'
import type { Leases } from '@waybill/core'
import { seededRandom } from '../../simulation/seeded-random.ts'
import { eventually } from '../waiting.ts'
import { group } from './context.ts'
import { aService, many } from './fixtures.ts'

const longMs = 60 * 60 * 1_000
const shortMs = 600

/** One that asks as a process does: it works on what it is given, and lets go of the rest before it asks again. */
interface Worker {
  readonly name: string
  readonly has: ReadonlySet<string>
  /** Asks once. `slow`: it cannot let go of anything. */
  ask(how?: { slow?: boolean }): Promise<void>
  leave(): Promise<void>
}

function worker(name: string, leases: Leases, of: readonly string[], forMs = longMs): Worker {
  const has = new Set<string>()
  return {
    name,
    has,
    ask: async ({ slow = false } = {}) => {
      const { things } = await leases.share({ as: name, of, inHand: [...has], forMs })
      for (const thing of has) if (!slow && !things.includes(thing)) has.delete(thing)
      for (const thing of things) has.add(thing)
    },
    leave: async () => {
      has.clear()
      await leases.leave(name)
    },
  }
}

function assertOneEach(workers: readonly Worker[]): void {
  const all = workers.flatMap(({ has }) => [...has])
  assert.deepEqual(all.toSorted(), [...new Set(all)].toSorted(), 'a thing has one member at most')
}

/** Lets them ask in turn until they have so many things each, whoever has how many. */
async function until(sizes: readonly number[], workers: readonly Worker[]): Promise<void> {
  const found = (): readonly number[] => workers.map(({ has }) => has.size).toSorted((a, b) => a - b)
  for (let round = 0; round < 10 && found().join() !== sizes.join(); round += 1) {
    for (const one of workers) {
      await one.ask()
      assertOneEach(workers)
    }
  }
  assert.deepEqual(found(), sizes)
}

const things = many(7, (n) => `thing ${n}`)

export const leases = group('leases', {
  'who is alone gets everything at once': async (context) => {
    const store = await context.open(aService())
    const ask = { as: 'a', of: things, inHand: [], forMs: longMs }
    assert.deepEqual(await store.share(ask), { things, others: [] })
    assert.deepEqual(await store.share({ ...ask, of: things.slice(2) }), {
      things: things.slice(2),
      others: [],
    })
  },

  'names may be any text': async (context) => {
    const store = await context.open(aService())
    const odd = ['', 'it\'s "é", {漢字}', 'a\\b', 'NULL']
    const { things: found } = await store.share({ as: "o'k", of: odd, inHand: [], forMs: longMs })
    assert.deepEqual(found.toSorted(), odd.toSorted())
  },

  'those who want the same come to have as many each, or one more': async (context) => {
    const store = await context.open(aService())
    const [a, b, c] = ['a', 'b', 'c'].map((name) => worker(name, store, things)) as [Worker, Worker, Worker]
    await until([7], [a])
    await until([3, 4], [a, b])
    await until([2, 2, 3], [a, b, c])
    await a.leave()
    await until([3, 4], [b, c])
    const { others } = await store.share({ as: 'b', of: things, inHand: [...b.has], forMs: longMs })
    assert.deepEqual(others, ['c'])
  },

  'who has its part keeps it': async (context) => {
    const store = await context.open(aService())
    const workers = ['a', 'b', 'c'].map((name) => worker(name, store, things))
    await until([2, 2, 3], workers)
    const before = workers.map(({ has }) => [...has])
    for (let round = 0; round < 3; round += 1) for (const one of workers) await one.ask()
    assert.deepEqual(
      workers.map(({ has }) => [...has]),
      before,
    )
  },

  'of many that ask for the first time together each thing goes to one': async (context) => {
    const store = await context.open(aService())
    const workers = many(8, (n) => worker(`w${n}`, store, things.slice(0, 3)))
    await Promise.all(workers.map((one) => one.ask()))
    assertOneEach(workers)
    const all = workers.flatMap(({ has }) => [...has])
    assert.deepEqual(all.toSorted(), things.slice(0, 3), 'and none is left lying')
  },

  'a thing has one member at most, whatever comes in whatever order': async (context) => {
    const definition = aService()
    const store = await context.open(definition)
    const random = seededRandom(11)
    const workers = many(5, (n) => worker(`w${n}`, store, things.slice(n % 3)))
    const rounds = workers.map(async (one) => {
      for (let turn = 0; turn < 30; turn += 1) {
        if (random() < 0.1) await one.leave()
        else await one.ask({ slow: random() < 0.3 })
        assertOneEach(workers)
      }
    })
    await Promise.all(rounds)
  },

  'nothing is left lying that somebody wants': async (context) => {
    const store = await context.open(aService())
    const older = worker('older', store, things.slice(0, 2))
    const newer = worker('newer', store, things)
    await until([2], [older])
    await until([2, 5], [older, newer])
    const other = worker('other', store, ['of another kind'])
    await until([1, 2, 5], [older, newer, other])
  },

  'what is in hand stays with its member until it lets go': async (context) => {
    const store = await context.open(aService())
    const [slow, other] = [worker('slow', store, ['x', 'y']), worker('other', store, ['x', 'y'])]
    await slow.ask()
    await other.ask()
    for (let turn = 0; turn < 3; turn += 1) {
      await slow.ask({ slow: true })
      await other.ask()
      assert.deepEqual([slow.has.size, other.has.size], [2, 0])
    }
    await until([1, 1], [slow, other])
  },

  'who leaves hands over at once': async (context) => {
    const store = await context.open(aService())
    const [a, b] = [worker('a', store, ['x']), worker('b', store, ['x'])]
    await a.ask()
    await b.ask()
    assert.deepEqual([a.has.size, b.has.size], [1, 0])
    await a.leave()
    await b.ask()
    assert.deepEqual([...b.has], ['x'])
    await a.leave()
    await a.ask()
    assert.deepEqual([a.has.size, b.has.size], [0, 1])
  },

  'who asks no more loses everything, but not before its time is over': async (context) => {
    const store = await context.open(aService())
    const [gone, live] = [worker('gone', store, things, shortMs), worker('live', store, things)]
    const askedAt = performance.now()
    await gone.ask()
    await eventually('another takes over', async () => {
      await live.ask()
      return live.has.size > 0
    })
    assert.ok(performance.now() - askedAt >= shortMs)
    assert.equal(live.has.size, things.length)
    const late = await store.share({ as: 'gone', of: things, inHand: things, forMs: shortMs })
    assert.deepEqual(late, { things: [], others: ['live'] }, 'what was in its hand is another’s now')
  },

  'who asks in time keeps what it has': async (context) => {
    const store = await context.open(aService())
    const [one, other] = [worker('one', store, ['x'], shortMs), worker('other', store, ['x'])]
    const end = performance.now() + 2 * shortMs
    for (let asked = performance.now(); asked < end;) {
      const isLate = performance.now() - asked > shortMs / 2
      asked = performance.now()
      // A machine that stood still is no reason to fail.
      if (isLate) await other.leave()
      await one.ask()
      await other.ask()
      assert.deepEqual([one.has.size, other.has.size], [1, 0])
    }
  },

  'several processes divide them': {
    needs: ['handles'],
    run: async (context) => {
      const definition = aService()
      const workers = await Promise.all(
        many(3, async (n) => worker(`w${n}`, await context.open(definition), things)),
      )
      await Promise.all(workers.map((one) => one.ask()))
      assertOneEach(workers)
      for (let round = 0; round < 4; round += 1) await Promise.all(workers.map((one) => one.ask()))
      await until([2, 2, 3], workers)
    },
  },
})
