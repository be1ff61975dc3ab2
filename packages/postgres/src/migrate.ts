import { createHash } from 'node:crypto'
import { type ServiceDef, type ViewDef, WaybillError } from '@waybill/core'
import { ConnectionLost, type Database, type Rows } from './database.ts'
import { migrations } from './migrations/all.ts'
import { quoted } from './schema.ts'
import { sql, statement } from './sql.ts'
import { indexed, viewField } from './view-field.ts'

/**
 * Brings a service's schema up to date; several processes may do it at once.
 * @throws MIGRATION_FAILED
 */
export async function migrate(database: Database, schema: string, service: ServiceDef): Promise<void> {
  try {
    await database.transaction(async ({ run }) => {
      const execute = (text: string): Promise<Rows> => run({ text, unlimited: true })
      const name = quoted(schema)
      await execute('set local statement_timeout = 0')
      const lock = sql`select pg_advisory_xact_lock(hashtextextended(${`waybill ${schema}`}, 0))`
      await run({ ...statement(lock), unlimited: true })
      // It is looked up in the table, not by `if not exists`: what a session has cached of it is older than the lock.
      const there = await run(statement(sql`select from pg_namespace where nspname = ${schema}`))
      if (there.length === 0) await execute(`create schema ${name}`)
      await execute(`set local search_path = ${name}`)
      await execute(
        'create table if not exists migration (number int primary key, at timestamptz default now())',
      )
      const [[done]] = (await execute('select coalesce(max(number), 0) from migration')) as [[number]]
      if (done > migrations.length)
        throw new Error(`The schema is newer than this version: it has number ${done}`)
      for (const [index, migration] of migrations.entries()) {
        if (index < done) continue
        await execute(migration)
        await execute(`insert into migration (number) values (${index + 1})`)
      }
      for (const view of service.views) await execute(viewTable(view))
    })
  } catch (cause) {
    if (cause instanceof ConnectionLost) throw cause
    throw new WaybillError('MIGRATION_FAILED', `The schema ${schema} could not be brought up to date`, {
      cause,
    })
  }
}

function viewTable(view: ViewDef): string {
  const table = quoted(`view_${view.name}`)
  const indexes = view.indexes.map((fields) => {
    const digest = createHash('sha1')
      .update(JSON.stringify([view.name, fields]))
      .digest('hex')
      .slice(0, 16)
    const expressions = fields.map((field) => `(${indexed(viewField(field)).strings[0]})`).join(', ')
    return `create index if not exists view_index_${digest} on ${table} (${expressions}, key);`
  })
  return `create table if not exists ${table} (key text collate "C" primary key, row jsonb not null); ${indexes.join(' ')}`
}
