import type { Store } from '@waybill/core'
import { ConnectionLost, type Database, type Run } from './database.ts'
import { dueFrom, retryGivenUp } from './due.ts'
import { waybillError } from './failures.ts'
import { forget } from './forget.ts'
import { leave, share } from './leases.ts'
import { load, type Moved } from './load.ts'
import { correlated, history, published } from './log.ts'
import { migrate } from './migrate.ts'
import { holds, keepNotes, notes } from './notes.ts'
import { offsets } from './offsets.ts'
import { allParked } from './parked.ts'
import { tablesIn } from './schema.ts'
import { type Indexes, indexesOf, selectRows } from './select-rows.ts'
import { sql, statement } from './sql.ts'
import { Tail } from './tail.ts'
import { transactor } from './transact.ts'

/**
 * The store of one service.
 * @param options.schema where its tables are, see `schemaOf`
 */
export function createPostgresStore(options: {
  readonly database: Database
  readonly schema: string
  readonly service: string
}): Store {
  const { database, schema, service } = options
  const tables = tablesIn(schema)
  const moved: Moved = new Set()
  const tail = new Tail()
  const transact = transactor(database, tables, { moved, tail })
  const due = dueFrom(tables)
  let indexes: Indexes = new Map()
  const explained = <T>(outcome: Promise<T>): Promise<T> =>
    outcome.catch((error: unknown) => {
      // Behind the next connection may be a database that has lost its end.
      if (error instanceof ConnectionLost) tail.forget()
      throw waybillError(error)
    })
  const read = <T>(work: (run: Run) => Promise<T>): Promise<T> => explained(database.read(work))

  return {
    service,
    open: async (definition) => {
      await explained(migrate(database, schema, definition))
      indexes = indexesOf(definition)
    },
    close: async () => {},
    load: (need) => read((run) => load(run, tables, { need, mode: 'peek', moved })),
    transact: (need, decide) => explained(transact(need, decide)),
    offsets: () => read((run) => offsets(run, tables)),
    due: (ask) => read((run) => due(run, ask)),
    retryGivenUp: (definition) => read((run) => retryGivenUp(run, tables, definition)),
    published: (after, topics, limit) => read((run) => published(run, tables, { after, topics, limit })),
    recent: (after, topics, limit) => tail.page(after, topics, limit),
    history: (subject, page) => read((run) => history(run, tables, subject, page)),
    correlated: (correlationId, limit) => read((run) => correlated(run, tables, correlationId, limit)),
    parked: (limit) => read((run) => allParked(run, tables, limit)),
    selectRows: (selection) => read((run) => selectRows(run, tables, { selection, indexes })),
    nextNumber: (sequence) =>
      read(async (run) => {
        const [[value]] = (await run(
          statement(sql`insert into ${tables.sequence} as s values (${sequence}, 1)
            on conflict (name) do update set value = s.value + 1 returning value`),
        )) as [[number]]
        return value
      }),
    notes: () => read((run) => notes(run, tables)),
    keepNotes: (kept) => read((run) => keepNotes(run, tables, kept)),
    holds: (what) => read((run) => holds(run, tables, what)),
    forget: (claimedBeforeMs) => read((run) => forget(run, tables, claimedBeforeMs)),
    share: (ask) => read((run) => share(run, tables, ask)),
    leave: (as) => read((run) => leave(run, tables, as)),
  }
}
