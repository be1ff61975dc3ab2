import { needNothing } from '@waybill/core'
import { type Canary, canary, writing } from './canary.ts'
import { due } from './fixtures.ts'

/** Stores that are wrong about what waits: deadlines and parked events. */
export const ofWaiting: readonly Canary[] = [
  writing('deadlines', 'lets a deadline fire twice', async (write, store) => {
    const { deadlines } = await due(store, { limit: 10_000 })
    const isThere = (id: string): boolean => deadlines.some((deadline) => deadline.id === id)
    return { ...write, firedDeadlines: write.firedDeadlines.filter(isThere) }
  }),
  writing('deadlines', 'fires a little early', (write) => ({
    ...write,
    deadlines: write.deadlines.map((one) => ({ ...one, afterMs: one.afterMs * 0.9 })),
  })),
  canary('deadlines', 'tells a point in time for a while', (store) => ({
    ...store,
    due: async (ask) => {
      const found = await store.due(ask)
      return { ...found, nextInMs: found.nextInMs && found.now + found.nextInMs }
    },
  })),
  canary('deadlines', 'has a clock that stands still', (store) => ({
    ...store,
    due: async (ask) => ({ ...(await store.due(ask)), now: 1 }),
  })),
  writing('parking', 'drops an event that comes behind another', (write) => ({
    ...write,
    park: write.park.filter(({ reason }) => reason !== 'behind'),
  })),
  writing('parking', 'puts one that is tried once more at the end', async (write, store) => {
    const parked = await store.parked(10_000)
    const again = write.repark.map((change) => ({
      ...parked.find(({ ticket }) => ticket === change.ticket)!,
      ...change,
    }))
    return {
      ...write,
      repark: [],
      unpark: [...write.unpark, ...again.map(({ ticket }) => ticket)],
      park: [...write.park, ...again],
    }
  }),
  writing('parking', 'does not compare the length of a queue', async (write, store) => {
    const names = write.queues.map(({ queue }) => queue)
    const { queues } = await store.load({ ...needNothing, queues: names })
    return {
      ...write,
      queues: write.queues.map((one) => {
        const expected = queues.get(one.queue) ?? 0
        return { ...one, expected, length: expected + one.length - one.expected }
      }),
    }
  }),
  writing('parking', 'lets what comes behind be tried at once', (write) => ({
    ...write,
    queues: write.queues.map((one) => ({ ...one, next: one.next ?? { afterMs: 0 } })),
  })),
  canary('parking', 'tries a whole queue', (store) => ({
    ...store,
    due: async (ask) => {
      const found = await store.due(ask)
      const queues = new Set(found.parked.map(({ queue }) => queue))
      const all = (await store.parked(1_000)).filter(({ queue }) => queues.has(queue))
      return { ...found, parked: [...Map.groupBy(all, ({ queue }) => queue).values()].flat() }
    },
  })),
  canary(
    'parking',
    'tries the oldest event first, and not the queue that waits for the longest',
    (store) => ({
      ...store,
      due: async (ask) => {
        const found = await store.due(ask)
        return { ...found, parked: found.parked.toSorted((a, b) => a.ticket - b.ticket) }
      },
    }),
  ),
  canary('parking', 'lets others go before the queues that are named', (store) => ({
    ...store,
    due: async (ask) => {
      const all = await store.due({ ...ask, limit: 1_000 })
      return { ...all, parked: all.parked.toSorted((a, b) => b.ticket - a.ticket).slice(0, ask.limit) }
    },
  })),
  canary('parking', 'tries again what this definition gave up', (store) => ({
    ...store,
    retryGivenUp: () => store.retryGivenUp('another'),
  })),
]
