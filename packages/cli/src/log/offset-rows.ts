import { type SystemDef, topicsOf } from '@waybill/core'
import { type Database, schemaOf } from '@waybill/postgres'
import type { LogIdentity } from './log-identity.ts'
import { storeSources } from './store-sources.ts'

/** Under this source the relay of a service to Kafka keeps its position, beside the offsets of its consumer. */
export const relaySource = 'relay'

/* The offsets of a system's services as rows. A store can only move them on: what belongs to another log must go. */

type Run = Parameters<Parameters<Database['read']>[0]>[0]

/** Which log's position it is, by its source. The logs of the stores were once named by their service alone. */
export function logOf(source: string, system: SystemDef): LogIdentity['kind'] {
  if (source.includes('/')) return 'store'
  return isOldSource(source, system) ? 'store' : 'kafka'
}

function isOldSource(source: string, system: SystemDef): boolean {
  return (
    system.services.some(({ name }) => name === source) &&
    !topicsOf(system).some(({ name }) => name === source)
  )
}

/** The sources of all offsets of a system, by service; those of a service without tables are missing. */
export async function sourcesSaved(
  run: Run,
  name: string,
  system: SystemDef,
): Promise<ReadonlyMap<string, readonly string[]>> {
  const found = new Map<string, readonly string[]>()
  for (const service of system.services) {
    const table = tableOf(name, service.name)
    const [row] = await run({ text: 'select to_regclass($1) is not null', values: [table] })
    if (row![0] !== true) continue
    const rows = await run({ text: `select distinct source from ${table}` })
    found.set(
      service.name,
      rows.map(([source]) => source as string),
    )
  }
  return found
}

/**
 * Gives the offsets of the store log the form in which each topic has its own: the same position in each topic that the
 * service reads. What was read is not read again.
 */
export async function renewSources(run: Run, name: string, system: SystemDef): Promise<void> {
  const saved = await sourcesSaved(run, name, system)
  for (const consumer of system.services) {
    const table = tableOf(name, consumer.name)
    for (const old of saved.get(consumer.name) ?? []) {
      if (!isOldSource(old, system)) continue
      const fresh = storeSources(system, consumer).filter(({ producer }) => producer === old)
      await run({
        text: `insert into ${table} (source, partition, next)
          select fresh.source, partition, next
          from ${table} as old, jsonb_array_elements_text($2::jsonb) as fresh (source)
          where old.source = $1 on conflict do nothing`,
        values: [old, JSON.stringify(fresh.map(({ source }) => source))],
      })
      await run({ text: `delete from ${table} where source = $1`, values: [old] })
    }
  }
}

/** Whether any offsets have the form that `renewSources` replaces. */
export function hasOldSources(saved: ReadonlyMap<string, readonly string[]>, system: SystemDef): boolean {
  return [...saved.values()].flat().some((source) => isOldSource(source, system))
}

/** Forgets the offsets of these sources. */
export async function forgetSources(
  database: Database,
  options: { name: string; service: string; sources: readonly string[] },
): Promise<void> {
  const { name, service, sources } = options
  if (sources.length === 0) return
  await database.read((run) =>
    run({
      text: `delete from ${tableOf(name, service)} where source in (select jsonb_array_elements_text($1::jsonb))`,
      values: [JSON.stringify(sources)],
    }),
  )
}

function tableOf(name: string, service: string): string {
  return `"${schemaOf(name, service).replaceAll('"', '""')}".offsets`
}
