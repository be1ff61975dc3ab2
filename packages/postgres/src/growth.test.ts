import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { after, before, test } from 'node:test'
import { needNothing, service, type Store, view, type Write, writeNothing } from '@waybill/core'
import { Type } from 'typebox'
import type { Database } from './database.ts'
import { openPostgres } from './drivers/pg.ts'
import { createPostgresStore } from './store.ts'
import { type PostgresServer, startPostgres } from '@waybill/servers'

let server: PostgresServer
let database: Database

before(async () => {
  server = await startPostgres()
  database = openPostgres(server.url)
})

after(async () => {
  await database.close()
  await server.stop()
})

async function openStore(name: string): Promise<Store> {
  const store = createPostgresStore({ database, schema: name, service: name })
  await store.open(service(name, {}))
  return store
}

function oneEvent(): Write['events'][number] {
  const head = { type: 'placed', topic: 'orders', key: 'k', subject: 'stock/1', at: 1, alsoSubjects: [] }
  const flow = { correlationId: randomUUID(), causationId: undefined, traceparent: undefined }
  return { ...head, ...flow, id: randomUUID(), payload: Buffer.from('{}') }
}

/** Holds a snapshot, as a dump or a report does, until it is let go. */
async function holdSnapshot(): Promise<() => Promise<void>> {
  const other = openPostgres(server.url)
  const [held, free] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()]
  const holding = other.transaction(async ({ run }) => {
    await run({
      text: 'set transaction isolation level repeatable read; set local idle_in_transaction_session_timeout = 0',
    })
    await run({ text: 'select 1' })
    held.resolve()
    await free.promise
  })
  await held.promise
  return async () => {
    free.resolve()
    await holding
    await other.close()
  }
}

/** Blocks of the schema's tables and indexes that were looked at so far. */
async function blocks(schema: string): Promise<number> {
  return database.read(async (run) => {
    await run({ text: 'select pg_stat_force_next_flush()' })
    const [[sum]] = (await run({
      text: `select sum(heap_blks_read + heap_blks_hit + coalesce(idx_blks_read + idx_blks_hit, 0))::int8
        from pg_statio_all_tables where schemaname = '${schema}'`,
    })) as [[number]]
    return sum
  })
}

test('while somebody holds a snapshot, a commit and a look look at no more than before', async () => {
  const store = await openStore('held')
  let count = 0
  const commit = (): Promise<unknown> =>
    store.transact({ ...needNothing, subjects: ['stock/1'] }, ({ snapshots }) => {
      const expected = snapshots.get('stock/1')?.version ?? 0
      const next = ++count
      return {
        ...writeNothing,
        events: [oneEvent()],
        snapshots: [{ subject: 'stock/1', version: expected + 1, expected, way: 1, state: { n: next } }],
        offsets: [{ source: 'orders', partition: 0, expected: next - 1, next }],
        deadlines: [{ ...oneEvent(), afterMs: 0, recorded: true }],
      }
    })
  const turn = async (): Promise<void> => {
    await commit()
    const { deadlines } = await store.due({ limit: 10, queues: [], only: false })
    await store.transact(needNothing, () => ({
      ...writeNothing,
      firedDeadlines: deadlines.map(({ id }) => id),
    }))
    await store.offsets()
    await store.load({ ...needNothing, subjects: ['stock/1'] })
  }
  const costOf100 = async (): Promise<number> => {
    const begin = await blocks('held')
    for (let n = 0; n < 100; n++) await turn()
    return (await blocks('held')) - begin
  }
  const letGo = await holdSnapshot()
  try {
    for (let n = 0; n < 100; n++) await turn()
    const early = await costOf100()
    for (let n = 0; n < 1_000; n++) await turn()
    const late = await costOf100()
    const states = await database.read((run) =>
      run({ text: `select version, state::text from held.entity_state` }),
    )
    assert.deepEqual(states, [[count, JSON.stringify({ n: count })]])
    assert.ok(late < 1.5 * early, `100 turns looked at ${early} blocks, 1,000 turns later at ${late}`)
  } finally {
    await letGo()
  }
})

test('a look-up by an index reads what it finds, however rare or common that is', async () => {
  const row = Type.Object({ id: Type.String(), state: Type.String(), city: Type.String() })
  const orders = view('orders', { key: 'id', row, indexes: [['city'], ['state'], ['state', 'city']] })
  const store = createPostgresStore({ database, schema: 'looked', service: 'looked' })
  await store.open(service('looked', { views: [orders] }))
  await database.read((run) =>
    run({
      text: `insert into looked.view_orders
        select g::text, jsonb_build_object('id', g::text, 'state', case g when 9 then 'rare' else 'usual' end, 'city', g % 5)
        from generate_series(1, 50000) g`,
      unlimited: true,
    }),
  )
  await database.read((run) => run({ text: 'vacuum analyze looked.view_orders' }))
  for (const where of [
    { state: 'rare' },
    { state: 'none' },
    { state: 'usual' },
    { state: 'rare', city: 4 },
    { city: 1 },
    {},
  ]) {
    for (const order of ['ascending', 'descending'] as const) {
      for (const after of [undefined, '30000']) {
        const begin = await blocks('looked')
        await store.selectRows({ view: 'orders', where, limit: 20, order, after })
        const read = (await blocks('looked')) - begin
        assert.ok(read < 100, `${JSON.stringify({ where, order, after })} looked at ${read} blocks`)
      }
    }
  }
})

test('of claims and replies there are never more than they are kept for: two months', async () => {
  const store = await openStore('month')
  const day = 24 * 60 * 60 * 1_000
  const [aDay, kept] = [200, 31]
  const size = async (): Promise<readonly [number, number]> => {
    const [found] = await database.read((run) =>
      run({
        text: `select (select count(*) from month.inbox) + (select count(*) from month.reply),
          pg_total_relation_size('month.inbox') + pg_total_relation_size('month.reply')`,
      }),
    )
    return found as unknown as [number, number]
  }
  const sizes: (readonly [number, number])[] = []
  for (let today = 1; today <= 62; today++) {
    const ids = Array.from({ length: aDay }, () => randomUUID())
    await store.transact({ ...needNothing, claim: ids }, () => ({
      ...writeNothing,
      replies: ids.map((slot) => ({ slot, fingerprint: 'f', reply: 1, keepMs: kept * day })),
    }))
    // A day goes by.
    await database.read(async (run) => {
      await run({
        text: `update month.inbox set at = at - ${day}; update month.reply set until = until - ${day}`,
      })
      await store.forget(kept * day)
      await run({ text: 'vacuum month.inbox, month.reply' })
    })
    sizes.push(await size())
  }
  assert.ok(sizes.every(([rows]) => rows <= 2 * aDay * kept))
  assert.equal(sizes.at(-1)![0], sizes[40]![0])
  assert.ok(sizes.at(-1)![1] < 1.2 * sizes[40]![1], sizes.map(([, bytes]) => bytes).join())
})
