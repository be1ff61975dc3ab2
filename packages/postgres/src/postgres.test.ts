import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net'
import { after, before, test } from 'node:test'
import { hasCode, needNothing, service, type Store, view, type Write, writeNothing } from '@waybill/core'
import { Type } from 'typebox'
import { booleans, byteas, ints, longs, texts, uuids } from './binary.ts'
import type { Database } from './database.ts'
import { openPostgres } from './drivers/pg.ts'
import { sql, statement } from './sql.ts'
import { createPostgresStore } from './store.ts'
import { createSetup, sharedPostgres } from '@waybill/servers'

const setup = createSetup()
let url: string
let database: Database

before(async () => {
  ;[{ url }] = await setup.start(sharedPostgres)
  database = setup.with(openPostgres(url), (opened) => opened.close())
})

after(setup.end)

function oneEvent(): Write {
  const head = { type: 'placed', topic: 'orders', key: 'k', subject: undefined, at: 1 }
  const ids = {
    id: randomUUID(),
    correlationId: randomUUID(),
    causationId: undefined,
    traceparent: undefined,
  }
  return { ...writeNothing, events: [{ ...head, ...ids, payload: Buffer.from('{}'), alsoSubjects: [] }] }
}

async function openStore(over: Database, name: string): Promise<Store> {
  const store = createPostgresStore({ database: over, schema: name, service: name })
  await store.open(service(name, {}))
  return store
}

test('arrays in binary format arrive as they were', async () => {
  const long = 'ä'.repeat(100_000)
  const ids = [randomUUID(), null, randomUUID().toUpperCase()]
  const numbers = [0, -1, 2 ** 31 - 1, -(2 ** 31), null]
  const large = [0, -1, 2 ** 32, -(2 ** 32) - 1, Number.MAX_SAFE_INTEGER, Number.MIN_SAFE_INTEGER, null]
  const bytes = [Buffer.from([0, 255, 128]), Buffer.alloc(0), null]
  const strings = ['', 'a"\\{},', '€ 😀', long, undefined]
  const flags = [true, false, null]
  const read = async (query: ReturnType<typeof sql>): Promise<unknown[]> =>
    (await database.read((run) => run(statement(query)))).map(([value]) => value)

  assert.deepEqual(await read(sql`select unnest(${texts(strings)})`), ['', 'a"\\{},', '€ 😀', long, null])
  assert.deepEqual(
    await read(sql`select unnest(${uuids(ids)})`),
    ids.map((id) => id && id.toLowerCase()),
  )
  assert.deepEqual(await read(sql`select unnest(${ints(numbers)})`), numbers)
  assert.deepEqual(await read(sql`select unnest(${longs(large)})`), large)
  assert.deepEqual(await read(sql`select unnest(${byteas(bytes)})`), bytes)
  assert.deepEqual(await read(sql`select unnest(${booleans(flags)})`), flags)
  assert.deepEqual(await read(sql`select unnest(${texts([])})`), [])
})

test('several processes may migrate at once', async () => {
  const handles = Array.from({ length: 4 }, () => openPostgres(url))
  try {
    const orders = view('orders', {
      row: Type.Object({ id: Type.String(), status: Type.String() }),
      key: 'id',
      indexes: [['status']],
    })
    const stores = handles.map((handle) =>
      createPostgresStore({ database: handle, schema: 'raced', service: 'raced' }),
    )
    await Promise.all(stores.map((store) => store.open(service('raced', { views: [orders] }))))
    const positions = await Promise.all(stores.map((store) => store.transact(needNothing, oneEvent)))
    assert.deepEqual(
      positions.map(({ firstPosition }) => firstPosition).sort((a, b) => a - b),
      [1, 2, 3, 4],
    )
  } finally {
    await Promise.all(handles.map((handle) => handle.close()))
  }
})

test('a schema of a newer version is left alone', async () => {
  const store = await openStore(database, 'newer')
  await database.read((run) => run({ text: 'insert into newer.migration (number) values (999)' }))
  await assert.rejects(store.open(service('newer', {})), (error) => hasCode(error, 'MIGRATION_FAILED'))
})

test('a row of a view that two batches make at once is made by one', async () => {
  const counts = view('counts', { row: Type.Object({ id: Type.String() }), key: 'id' })
  const store = createPostgresStore({ database, schema: 'twice', service: 'twice' })
  await store.open(service('twice', { views: [counts] }))
  let arrived = 0
  let go = (): void => {}
  const both = new Promise<void>((resolve) => (go = resolve))
  const make = (): Promise<unknown> =>
    store.transact({ ...needNothing, rows: [{ view: 'counts', key: 'a' }] }, async () => {
      if (++arrived === 2) go()
      await both
      return { ...writeNothing, rows: [{ view: 'counts', key: 'a', row: { id: 'a' } }] }
    })
  const outcomes = await Promise.allSettled([make(), make()])
  const failed = outcomes.filter((outcome) => outcome.status === 'rejected')
  assert.equal(failed.length, 1)
  assert.ok(hasCode(failed[0]!.reason, 'BATCH_CONFLICT'))
})

test('a connection that breaks behind the commit: the batch counts as written', async () => {
  await throughProxy(async (store, proxy) => {
    await store.transact(needNothing, oneEvent)
    proxy.swallow('answers')
    const { firstPosition } = await store.transact(needNothing, oneEvent)
    assert.equal(firstPosition, 2)
    assert.equal((await store.transact(needNothing, oneEvent)).firstPosition, 3)
  })
})

test('a connection that breaks before the commit: the batch counts as not written', async () => {
  await throughProxy(async (store, proxy) => {
    await store.transact(needNothing, oneEvent)
    proxy.swallow('commit')
    await assert.rejects(store.transact(needNothing, oneEvent), (error) =>
      hasCode(error, 'STORE_UNAVAILABLE'),
    )
    assert.equal((await store.transact(needNothing, oneEvent)).firstPosition, 2)
  })
})

test('a process that is frozen amid a batch does not hold up for long who takes over, and can write nothing', async () => {
  const store = await openStore(database, 'frozen')
  const need = { ...needNothing, claim: [randomUUID()] }
  const [begun, woken] = [Promise.withResolvers<void>(), Promise.withResolvers<Write>()]
  const frozen = store.transact(need, () => {
    begun.resolve()
    return woken.promise
  })
  await begun.promise
  const begin = performance.now()
  await store.transact(need, oneEvent)
  assert.ok(performance.now() - begin < 20_000)
  woken.resolve(oneEvent())
  await assert.rejects(frozen, (error) => hasCode(error, 'STORE_UNAVAILABLE'))
  assert.equal((await store.transact(needNothing, oneEvent)).firstPosition, 2)
})

interface Proxy {
  /** Breaks the next connection that commits: before the server gets to know of it, or with its answers. */
  swallow(what: 'commit' | 'answers'): void
}

async function throughProxy(work: (store: Store, proxy: Proxy) => Promise<void>): Promise<void> {
  const target = new URL(url)
  let swallowed: 'commit' | 'answers' | undefined
  const sockets = new Set<Socket>()
  const proxy: Server = createServer((client) => {
    const upstream = connect(Number(target.port), target.hostname)
    let silent = false
    const end = (): void => {
      client.destroy()
      upstream.destroy()
    }
    for (const socket of [client, upstream]) {
      sockets.add(socket)
      socket.on('error', end)
      socket.on('close', end)
    }
    client.on('data', (bytes) => {
      if (swallowed === undefined || !bytes.includes('commit\0')) return upstream.write(bytes)
      silent = swallowed === 'answers'
      swallowed = undefined
      return silent ? upstream.write(bytes) : end()
    })
    upstream.on('data', (bytes) => (silent ? end() : client.write(bytes)))
  })
  await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve))
  const way = new URL(target)
  way.port = String((proxy.address() as AddressInfo).port)
  const proxied = openPostgres(way.href)
  try {
    const store = await openStore(proxied, `proxied_${randomUUID().slice(0, 8)}`)
    await work(store, { swallow: (what) => (swallowed = what) })
  } finally {
    await proxied.close()
    proxy.close()
    for (const socket of sockets) socket.destroy()
  }
}
