import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { hasCode, needNothing, service, type Store, writeNothing } from '@waybill/core'
import type { Database } from './database.ts'
import { openPglite } from './drivers/pglite.ts'
import { tables } from './migrations/001-tables.ts'
import { leases } from './migrations/002-leases.ts'
import { createPostgresStore } from './store.ts'

let folder: string
let database: Database

before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'waybill-migrate-'))
  database = await openPglite(folder)
})

after(async () => {
  await database.close()
  await rm(folder, { recursive: true, force: true })
})

const day = 24 * 60 * 60 * 1_000
const never = Number.MAX_SAFE_INTEGER

/** A database of the first version, as it stood while a service was at work, and the store over it. */
async function upgraded(schema: string): Promise<Store> {
  const now = Date.now()
  const event = (key: string): string =>
    `gen_random_uuid(), 'Happened', 'news', '${key}', gen_random_uuid(), ${now}, '\\x61'`
  const parked = (
    key: string,
    { source = 'order/0/7', reason = 'failed', nextAt = 0, attempts = 1 }: Record<string, string | number>,
  ): string => `('${source}', '${reason}', ${attempts}, ${now}, ${nextAt}, ${event(key)})`
  const rows = `
    create table migration (number int primary key, at timestamptz default now());
    insert into migration (number) values (1), (2);
    update head set pos = 3;
    insert into event (pos, id, type, topic, key, correlation_id, at, payload)
      values (1, ${event('a')}), (2, ${event('b')}), (3, ${event('a')});
    insert into entity values ('order/a', 2, '{"n":2}'), ('order/b', 70, '{"n":70}');
    insert into offsets values ('product', 0, 12), ('product', 1, 1);
    insert into deadline (due_at, recorded, id, type, topic, key, correlation_id, at, payload)
      values (${now - 5}, false, ${event('late')}), (${now + day}, false, ${event('far')}), (0, true, ${event('own')});
    insert into parked (source, reason, attempts, since, next_at, id, type, topic, key, correlation_id, at, payload) values
      ${[
        parked('a', { nextAt: now - 5 }),
        parked('a', { reason: 'behind', attempts: 0 }),
        parked('a', { source: 'deadline', reason: 'behind', attempts: 0 }),
        parked('b', { source: 'self', nextAt: now + day }),
        parked('c', { nextAt: never }),
        parked('d', { reason: 'effect', nextAt: now + day }),
      ].join()};
    insert into inbox values ('0190aaaa-0000-7000-8000-000000000001', ${now - 2 * day}), ('0190aaaa-0000-7000-8000-000000000002', ${now});
    insert into reply values ('old', 'f', '1', ${now - 32 * day}), ('fresh', 'f', '2', ${now - day});`
  await database.read(async (run) => {
    await run({ text: `create schema ${schema}` })
    await run({ text: `set search_path to ${schema}; ${tables}; ${leases}; ${rows}; reset search_path` })
  })
  const store = createPostgresStore({ database, schema, service: schema })
  await store.open(service(schema, {}))
  return store
}

test('a database of the first version keeps its events, entities, positions and claims', async () => {
  const store = await upgraded('kept')
  assert.equal((await store.published(0, ['news'], 10)).events.length, 3)
  assert.deepEqual(
    (await store.offsets()).toSorted((a, b) => a.partition - b.partition),
    [
      { source: 'product', partition: 0, next: 12 },
      { source: 'product', partition: 1, next: 1 },
    ],
  )
  const need = { ...needNothing, subjects: ['order/a', 'order/b'] }
  const { snapshots } = await store.load(need)
  assert.deepEqual(snapshots.get('order/b'), { subject: 'order/b', version: 70, way: 0, state: { n: 70 } })
  const written = await store.transact(need, () => ({
    ...writeNothing,
    events: [],
    snapshots: [{ subject: 'order/a', version: 3, expected: 2, way: 0, state: { n: 3 } }],
    offsets: [{ source: 'product', partition: 0, expected: 12, next: 13 }],
  }))
  assert.equal(written.firstPosition, 4)
  const again = { source: 'product', partition: 1, expected: 0, next: 5 }
  await assert.rejects(
    store.transact(needNothing, () => ({ ...writeNothing, offsets: [again] })),
    (error) => hasCode(error, 'OFFSETS_LOST'),
  )
  await store.forget(day)
  const claim = ['0190aaaa-0000-7000-8000-000000000001', '0190aaaa-0000-7000-8000-000000000002']
  const loaded = await store.load({ ...needNothing, claim, slots: ['old', 'fresh'] })
  assert.deepEqual([[...loaded.duplicates], [...loaded.replies.keys()]], [[claim[1]], ['fresh']])
})

test('what it has parked stands in queues, each due when its first event was', async () => {
  const store = await upgraded('queued')
  const queues = ['log/a', 'own/a', 'own/b', 'log/c', 'log/d', 'a']
  const loaded = await store.load({ ...needNothing, queues })
  assert.deepEqual(
    queues.map((queue) => loaded.queues.get(queue)),
    [2, 1, 1, 1, 1, undefined],
  )
  const { parked, deadlines, nextInMs } = await store.due({ limit: 100, queues: [], only: false })
  assert.deepEqual(
    parked.map(({ queue, reason }) => [queue, reason]),
    [
      ['own/a', 'behind'],
      ['log/a', 'failed'],
      ['log/a', 'behind'],
    ],
  )
  assert.deepEqual(
    deadlines.map(({ key }) => key),
    ['own', 'late'],
  )
  assert.ok(nextInMs! > day / 2 && nextInMs! <= day)
  await store.retryGivenUp('v1')
  const after = await store.due({ limit: 100, queues: [], only: false })
  assert.deepEqual(
    after.parked.map(({ queue }) => queue),
    ['own/a', 'log/a', 'log/a', 'log/c'],
  )
  const tickets = parked.filter(({ queue }) => queue === 'log/a').map(({ ticket }) => ticket)
  await store.transact({ ...needNothing, queues: ['log/a'] }, () => ({
    ...writeNothing,
    unpark: tickets,
    queues: [{ queue: 'log/a', expected: 2, length: 0, next: undefined }],
  }))
  assert.equal((await store.parked(100)).length, 4)
})
