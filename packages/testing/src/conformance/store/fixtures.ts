import assert from 'node:assert/strict'
import {
  type Due,
  hasCode,
  type Loaded,
  type Need,
  needNothing,
  type NewDeadline,
  type NewEvent,
  type Parked,
  type ParkedEntry,
  type QueueChange,
  service,
  type ServiceDef,
  type Store,
  type StoredEvent,
  view,
  type Write,
  writeNothing,
} from '@waybill/core'
import Type from 'typebox'
import { seededIds } from '../../simulation/seeded-ids.ts'

/** When events have happened, as they say. A store has a time of its own. */
export const happenedAt: number = Date.UTC(2026, 0, 1, 12)

const { newId } = seededIds({ now: () => happenedAt }, 1)
export { newId }

/** The view of the cases' services. */
export const People = view('people', {
  key: 'id',
  row: Type.Object({
    id: Type.String(),
    team: Type.String(),
    age: Type.Integer(),
    active: Type.Boolean(),
    tags: Type.Array(Type.String()),
  }),
  indexes: [['team', 'active'], ['age']],
})

let services = 0

/** A service of its own for each call: contexts may share a database. */
export function aService(): ServiceDef {
  services += 1
  return service(`conformance-${services}`, { views: [People] })
}

/** A write of these parts and nothing else. */
export function aWrite(parts: Partial<Write>): Write {
  return { ...writeNothing, ...parts }
}

/** A need of these parts and nothing else. */
export function aNeed(parts: Partial<Need>): Need {
  return { ...needNothing, ...parts }
}

/** Writes these parts, whatever is loaded. */
export async function write(store: Store, parts: Partial<Write>): Promise<number> {
  const { firstPosition } = await store.transact(needNothing, () => aWrite(parts))
  return firstPosition
}

/** Loads and writes again and again until no one else is in the way. */
export async function persistently(
  store: Store,
  need: Partial<Need>,
  decide: (loaded: Loaded) => Promise<Partial<Write>> | Partial<Write>,
): Promise<number> {
  const attemptsMax = 1_000
  for (let attempt = 1; ; attempt += 1) {
    try {
      const done = await store.transact(aNeed(need), async (loaded) => aWrite(await decide(loaded)))
      return done.firstPosition
    } catch (error) {
      if (!hasCode(error, 'BATCH_CONFLICT') || attempt === attemptsMax) throw error
    }
  }
}

/** An event to be written; published under the topic `news` unless it says otherwise. */
export function anEvent(parts: Partial<NewEvent> & { text?: string } = {}): NewEvent {
  const { text = '', ...rest } = parts
  return {
    id: newId(),
    type: 'Happened',
    topic: 'news',
    key: 'k',
    subject: undefined,
    alsoSubjects: [],
    correlationId: newId(),
    causationId: undefined,
    traceparent: undefined,
    at: happenedAt,
    payload: bytes(text),
    ...rest,
  }
}

/** A deadline that is due at once. */
export function aDeadline(parts: Partial<NewDeadline> = {}): NewDeadline {
  const { alsoSubjects: _, ...head } = anEvent()
  return { ...head, topic: undefined, afterMs: 0, recorded: false, ...parts }
}

/** An event to be parked, in the queue of its key. */
export function aParked(key: string, text: string, parts: Partial<Parked> = {}): Parked {
  const { alsoSubjects: _, ...event } = anEvent({ key, text })
  return {
    event,
    queue: key,
    source: 'news/0/1',
    reason: 'failed',
    attempts: 1,
    error: { code: 'DECIDE_FAILED', message: 'no' },
    ...parts,
  }
}

/** What is done to parked events, and with their queues when that is over. */
export interface Parking {
  readonly park?: readonly Parked[]
  readonly unpark?: readonly ParkedEntry[]
  readonly repark?: readonly ParkedEntry[]
  readonly next?: QueueChange['next']
}

/** The queues that are changed, each by as much as stands in the others. */
export function queueChanges(
  loaded: Pick<Loaded, 'queues'>,
  { park = [], unpark = [], repark = [], next }: Parking,
): QueueChange[] {
  const count = (of: readonly Parked[], queue: string): number =>
    of.filter((one) => one.queue === queue).length
  return [...new Set([...park, ...unpark, ...repark].map(({ queue }) => queue))].map((queue) => {
    const expected = loaded.queues.get(queue) ?? 0
    const length = Math.max(0, expected + count(park, queue) - count(unpark, queue))
    return { queue, expected, length, next }
  })
}

/**
 * Parks events, settles some, tries others once more. Their queues are loaded first, as batches do.
 * @param parking.next when the first of each queue may be tried; default: at once
 */
export async function setAside(
  store: Store,
  { next = { afterMs: 0 }, ...parking }: Parking,
  rest: Partial<Write> = {},
): Promise<number> {
  const all = { ...parking, next }
  const { park = [], unpark = [], repark = [] } = parking
  const queues = [...park, ...unpark, ...repark].map(({ queue }) => queue)
  const { firstPosition } = await store.transact(aNeed({ queues }), (loaded) =>
    aWrite({
      park,
      unpark: unpark.map(({ ticket }) => ticket),
      repark,
      queues: queueChanges(loaded, all),
      ...rest,
    }),
  )
  return firstPosition
}

/** Asks for what is due. */
export function due(store: Store, ask: Partial<Parameters<Store['due']>[0]> = {}): Promise<Due> {
  return store.due({ limit: 100, queues: [], only: false, ...ask })
}

const encoder = new TextEncoder()
const decoder = new TextDecoder()

export function bytes(text: string): Uint8Array {
  return encoder.encode(text)
}

export function textOf({ payload }: { payload: Uint8Array }): string {
  return decoder.decode(payload)
}

/** All published events of the topic `news`. */
export function news(store: Store): Promise<readonly StoredEvent[]> {
  return allPublished(store, ['news'])
}

/** All published events of these topics, read in as many portions as the store likes to give. */
export async function allPublished(
  store: Store,
  topics: readonly string[],
  { after = 0, limit = 1_000 } = {},
): Promise<readonly StoredEvent[]> {
  const { events, upTo, atEnd } = await store.published(after, topics, limit)
  assert.ok(events.length <= limit, 'not more than asked for')
  assert.ok(events.every(({ position }) => position > after && position <= upTo))
  assert.ok(atEnd || upTo > after, 'a portion leads on')
  return atEnd ? events : [...events, ...(await allPublished(store, topics, { after: upTo, limit }))]
}

/** The texts of all published events of the topic `news`. */
export async function texts(store: Store): Promise<readonly string[]> {
  return (await news(store)).map(textOf)
}

/** As plain data for comparison: bytes as numbers, whatever kind of array they came in. */
export function comparable<T extends { payload: Uint8Array }>(
  value: T,
): Omit<T, 'payload'> & { payload: number[] } {
  return { ...value, payload: [...value.payload] }
}

/** `count` things, made by their number from 0. */
export function many<T>(count: number, make: (n: number) => T): T[] {
  return Array.from({ length: count }, (_, n) => make(n))
}
