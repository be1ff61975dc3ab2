import type { Database } from '@waybill/postgres'

/**
 * Makes the tables that belong to no service: what all processes on a database share.
 * Safe when several do it at once.
 */
export async function openSharedTables(database: Database): Promise<void> {
  await database.transaction(async ({ run }) => {
    await run({ text: "select pg_advisory_xact_lock(hashtextextended('waybill', 0))" })
    // It is looked up in the table, not by `if not exists`: what a session has cached of it is older than the lock.
    const there = await run({ text: "select from pg_namespace where nspname = 'waybill'" })
    if (there.length === 0) await run({ text: 'create schema waybill' })
    await run({
      text: `
        create table if not exists waybill.schema_registry (position int primary key, record jsonb not null);
        create table if not exists waybill.heartbeat (
          system text, service text, instance_id text, address text not null,
          started_at bigint not null, at bigint not null,
          primary key (system, service, instance_id)
        );
        create table if not exists waybill.log (
          system text primary key, kind text not null, cluster text, moving jsonb
        );
        create table if not exists waybill.service (system text, service text, primary key (system, service))`,
    })
  })
}
