import { setTimeout as sleep } from 'node:timers/promises'
import {
  checkForm,
  checkSubjects,
  type Loaded,
  type Need,
  needNothing,
  rowId,
  type Store,
  type Write,
} from '@waybill/core'
import { DatabaseError } from 'pg'
import { ConnectionLost, type Database } from './database.ts'
import { load, type Moved, type Place } from './load.ts'
import type { Tables } from './schema.ts'
import { sql, statement } from './sql.ts'
import type { Tail } from './tail.ts'
import { writeStatement } from './write.ts'

const searchAgainMs = 500

/** Runs batches, each in one transaction of two round trips. */
export function transactor(
  database: Database,
  tables: Tables,
  { moved, tail }: { readonly moved: Moved; readonly tail: Tail },
): Store['transact'] {
  /** The log is at least as long; a search for an event of ours begins here. */
  let known = 0

  return async (need, decide) => {
    // Before it begins: meanwhile another one may be committed behind it.
    const before = known
    let write: Write | undefined
    const run = database.transaction(async (transaction) => {
      const places = new Map<string, Place>()
      const missing = new Set<string>()
      const all: Loaded[] = []
      const lock = async (wanted: Need): Promise<Loaded> => {
        const loaded = await load(transaction.run, tables, { need: wanted, mode: 'lock', moved })
        all.push(loaded)
        for (const [subject, place] of loaded.places) places.set(subject, place)
        for (const { view, key } of wanted.rows) {
          const id = rowId(view, key)
          if (!loaded.rows.has(id)) missing.add(id)
        }
        return loaded
      }
      write = await decide(await lock(need), lock)
      checkSubjects(write)
      // Where it stands has to be known, and it must be locked.
      const isSeen = (subject: string): boolean => all.some(({ snapshots }) => snapshots.has(subject))
      const unseen = write.snapshots.filter(({ subject, expected }) => expected > 0 && !isSeen(subject))
      if (unseen.length > 0) await lock({ ...needNothing, subjects: unseen.map(({ subject }) => subject) })
      const last = writeStatement(tables, write, { places, missing })
      const [[base]] = (await transaction.finish(last)) as [[number]]
      return base + 1
    })
    const firstPosition = await run.catch(async (error: unknown) => {
      // Not before: hardly a write is refused, and none that names a key twice is taken.
      if (write !== undefined && error instanceof DatabaseError) checkForm(write)
      const [first] = write?.events ?? []
      // Without events it may count as not written: if it was, its offsets and versions refuse it a second time.
      if (!(error instanceof ConnectionLost && error.committing !== undefined && first !== undefined))
        throw error
      const found = await search(database, tables, { session: error.committing, id: first.id, after: before })
      if (found === undefined) throw error
      return found
    })
    known = firstPosition - 1 + write!.events.length
    tail.committed(firstPosition, write!.events)
    return { firstPosition }
  }
}

/** Finds out whether a transaction was committed whose session broke meanwhile. Waits for the database to be back. */
async function search(
  database: Database,
  tables: Tables,
  lost: { readonly session: string; readonly id: string; readonly after: number },
): Promise<number | undefined> {
  for (;;) {
    try {
      return await database.read(async (run) => {
        // The server may still be at work for it: the answer counts only when it is not.
        const ended = await run(
          statement(sql`select pg_terminate_backend(pid, 5000) from pg_stat_activity
            where application_name = ${lost.session}`),
        )
        if (ended.some(([done]) => !done))
          throw new ConnectionLost(new Error('The broken session does not end'))
        const [found] = await run(
          statement(
            sql`select pos from ${tables.event} where pos > ${lost.after}::bigint and id = ${lost.id}::uuid`,
          ),
        )
        return found?.[0]
      })
    } catch (error) {
      if (!(error instanceof ConnectionLost)) throw error
      await sleep(searchAgainMs)
    }
  }
}
