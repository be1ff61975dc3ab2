import { hash } from 'node:crypto'
import type { Need, Write } from '@waybill/core'
import { uuids } from './binary.ts'
import type { Run } from './database.ts'
import { conflict } from './failures.ts'
import { change, type Part } from './part.ts'
import { dbNow, type Tables } from './schema.ts'
import { sql, statement } from './sql.ts'

type Names = Need['claim']

/** Claims what has come and tells what of it was claimed before. */
export async function claim(run: Run, { inbox }: Tables, names: Names): Promise<ReadonlySet<string>> {
  if (names.length === 0) return new Set()
  const ids = names.map(claimId)
  // In order, so that of two batches with the same ids one waits for the other.
  const rows = await run(
    statement(sql`insert into ${inbox} (event_id, at)
      select id, ${dbNow} from unnest(${uuids(ids)}, ${uuids(names.map(eventId))}) u(id, event)
      where not exists (select from ${inbox} where event_id = event)
      order by id on conflict do nothing returning event_id`),
  )
  const fresh = new Set(rows.map(([id]) => id))
  return new Set(names.filter((_, at) => !fresh.has(ids[at])))
}

/** Tells what was claimed before. */
export async function claimed(run: Run, { inbox }: Tables, names: Names): Promise<ReadonlySet<string>> {
  if (names.length === 0) return new Set()
  const [ids, events] = [names.map(claimId), names.map(eventId)]
  const asked = uuids([...ids, ...events])
  const rows = await run(statement(sql`select event_id from ${inbox} where event_id = any(${asked})`))
  const found = new Set(rows.map(([id]) => id))
  return new Set(names.filter((_, at) => found.has(ids[at]) || found.has(events[at])))
}

/** Of a write: what it leaves to another batch. */
export function claimParts({ inbox }: Tables, { unclaim }: Write): readonly Part[] {
  const ids = (): string[] => unclaim.map(claimId)
  return change(
    'unclaimed',
    unclaim,
    conflict,
    () => sql`delete from ${inbox} using h where event_id = any(${uuids(ids())})`,
  )
}

/** What the inbox keeps of a name, however long that is. Nobody finds another name that comes to the same. */
function claimId(name: string): string {
  const digest = hash('sha256', name)
  const ends = [8, 12, 16, 20, 32]
  return ends.map((end, at) => digest.slice(ends[at - 1] ?? 0, end)).join('-')
}

const uuid = /[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/

/** The event's id, with which a name ends: earlier versions claimed that alone, and what they have handled stays handled. */
function eventId(name: string): string | null {
  return uuid.exec(name)?.[0] ?? null
}
