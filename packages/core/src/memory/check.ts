import { WaybillError } from '../errors.ts'
import type { Need, Write } from '../ports/store.ts'
import { checkForm, checkSubjects } from '../write-form.ts'
import { type Data, offsetId } from './data.ts'

/** What an index of PostgreSQL takes. */
const indexedBytesMax = 2_600

declare const TextEncoder: new () => { encode(text: string): Uint8Array }
const encoder = new TextEncoder()

/** Everything that can make a write fail, before anything of it is done. */
export function check(data: Data, write: Write, need: Pick<Need, 'claim'>): void {
  checkRaces(data, write)
  checkClaims(need, write)
  checkSubjects(write)
  checkForm(write)
  checkIndexed(write)
}

/** What another process may have done first. */
function checkRaces(data: Data, write: Write): void {
  const conflict = (what: string): never => {
    throw new WaybillError('BATCH_CONFLICT', what)
  }
  for (const { subject, expected } of write.snapshots) {
    if ((data.snapshots.get(subject)?.version ?? 0) !== expected) conflict(`${subject} has changed.`)
  }
  for (const id of write.firedDeadlines) if (!data.deadlines.has(id)) conflict(`Deadline ${id} has fired.`)
  const tickets = new Set([...data.parked.values()].flatMap(({ entries }) => [...entries.keys()]))
  for (const ticket of [...write.unpark, ...write.repark.map((entry) => entry.ticket)]) {
    if (!tickets.has(ticket)) conflict(`Parked event ${ticket} is settled.`)
  }
  for (const { queue, expected } of write.queues) {
    if ((data.parked.get(queue)?.entries.size ?? 0) !== expected) conflict(`The queue ${queue} has changed.`)
  }
  for (const { slot } of write.replies) if (data.replies.has(slot)) conflict(`Reply ${slot} exists.`)
  for (const { source, partition, expected } of write.offsets) {
    if ((data.offsets.get(offsetId(source, partition))?.next ?? 0) !== expected) {
      throw new WaybillError(
        'OFFSETS_LOST',
        `Partition ${partition} of ${source} was moved on by another process.`,
      )
    }
  }
}

/** A database finds no more to give back than was claimed. */
function checkClaims({ claim }: Pick<Need, 'claim'>, { unclaim }: Write): void {
  if (new Set(unclaim).size < unclaim.length || unclaim.some((id) => !claim.includes(id))) {
    throw new WaybillError('BATCH_CONFLICT', 'An id that it leaves is not claimed, or no longer.')
  }
}

/** What no index of a database would take. */
function checkIndexed(write: Write): void {
  const indexed = [
    ...write.events.flatMap(({ subject, alsoSubjects }) => [subject ?? '', ...alsoSubjects]),
    ...write.snapshots.map(({ subject }) => subject),
    ...write.rows.map(({ key }) => key),
    ...write.park.map(({ queue }) => queue),
    ...write.replies.map(({ slot }) => slot),
  ]
  for (const text of indexed) {
    if (text.length > indexedBytesMax / 4 && encoder.encode(text).length > indexedBytesMax) {
      const what = `an index takes no text of more than ${indexedBytesMax} bytes`
      throw new WaybillError('INVARIANT_BROKEN', `The store refused: ${what}`)
    }
  }
}
