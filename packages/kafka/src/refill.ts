import type { Store, StoredEvent } from '@waybill/core'

/** The events of a service that publishes: as much of its store as it takes. */
export type EventTable = Pick<Store, 'service' | 'published'>

/** An event as it stands in the table of a service. */
export interface Told {
  readonly producer: string
  readonly event: StoredEvent
}

const pageMax = 1_000
const stepMin = 1_024

interface Cursor {
  readonly table: EventTable
  events: readonly StoredEvent[]
  taken: number
  after: number
  atEnd: boolean
}

/**
 * The events of a topic that are not older than a time, from the tables of all that publish to it, in pages: those of
 * one table in the order of their commits, and all of them about in the order of time.
 */
export async function* eventsSince(
  tables: readonly EventTable[],
  topic: string,
  since: number,
): AsyncGenerator<readonly Told[]> {
  const cursors: Cursor[] = []
  for (const table of tables) {
    const after = await lastBefore(table, topic, since)
    cursors.push({ table, events: [], taken: 0, after, atEnd: false })
  }
  for (;;) {
    for (const cursor of cursors) await load(cursor, topic)
    const page = merged(cursors).filter(({ event }) => event.at >= since)
    if (page.length > 0) yield page
    else if (cursors.every((cursor) => cursor.atEnd && !hasMore(cursor))) return
  }
}

function hasMore({ events, taken }: Cursor): boolean {
  return taken < events.length
}

async function load(cursor: Cursor, topic: string): Promise<void> {
  if (hasMore(cursor) || cursor.atEnd) return
  const { events, upTo, atEnd } = await cursor.table.published(cursor.after, [topic], pageMax)
  Object.assign(cursor, { events, taken: 0, after: upTo, atEnd })
}

/** Takes the oldest again and again, until one of the tables has to be read on. */
function merged(cursors: readonly Cursor[]): Told[] {
  const page: Told[] = []
  for (;;) {
    const full = cursors.filter(hasMore)
    if (full.length === 0 || cursors.some((cursor) => !cursor.atEnd && !hasMore(cursor))) return page
    const oldest = full.reduce((a, b) => (b.events[b.taken]!.at < a.events[a.taken]!.at ? b : a))
    page.push({ producer: oldest.table.service, event: oldest.events[oldest.taken]! })
    oldest.taken += 1
  }
}

/**
 * A position before which all events of a topic are older than a time, and that is not far from the first that is not:
 * found in some dozens of looks, however long the table is, as time does not run backwards in it.
 */
async function lastBefore(table: EventTable, topic: string, since: number): Promise<number> {
  /** Undefined, too, where there is none: nothing behind it is older. */
  async function olderAfter(position: number): Promise<StoredEvent | undefined> {
    for (let after = position; ;) {
      const { events, upTo, atEnd } = await table.published(after, [topic], 1)
      const [first] = events
      if (first !== undefined) return first.at < since ? first : undefined
      if (atEnd) return undefined
      after = upTo
    }
  }

  let before = (await olderAfter(0))?.position ?? 0
  if (before === 0) return 0
  let step = stepMin
  for (let older = await olderAfter(before + step); older !== undefined; step *= 2) {
    before = older.position
    older = await olderAfter(before + step * 2)
  }
  for (let beyond = before + step; beyond - before > stepMin;) {
    const middle = before + Math.floor((beyond - before) / 2)
    const older = await olderAfter(middle)
    if (older === undefined) beyond = middle
    else before = older.position
  }
  return before
}
