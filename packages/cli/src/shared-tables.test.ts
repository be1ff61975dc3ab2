import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { type Database, openPglite } from '@waybill/postgres'
import type { RegistryRecord } from '@waybill/schema'
import { databaseHeartbeats } from './heartbeat-store.ts'
import { databaseRegistryStorage } from './registry-storage.ts'
import { openSharedTables } from './shared-tables.ts'

const folder = mkdtempSync(join(tmpdir(), 'waybill-shared-'))
let database: Database

before(async () => {
  database = await openPglite(folder)
  await openSharedTables(database)
  // A second process, or the next start.
  await openSharedTables(database)
})
after(async () => {
  await database.close()
  rmSync(folder, { recursive: true })
})

test('The registry keeps its records in order, and of two that append in one place only the first', async () => {
  const record = (subject: string): RegistryRecord => ({ kind: 'level', subject, level: 'FULL' })
  const storage = databaseRegistryStorage(database)
  assert.deepEqual(await storage.load(), [])
  assert.equal(await storage.append(record('a'), 0), true)
  assert.equal(await storage.append(record('b'), 0), false)
  assert.equal(await storage.append(record('b'), 1), true)
  assert.deepEqual(await databaseRegistryStorage(database).load(), [record('a'), record('b')])
})

test('Heartbeats take the place of earlier ones, and old ones are dropped', async () => {
  const heartbeats = databaseHeartbeats(database)
  const beating = (service: string, upMs: number) => ({
    system: 'shop',
    service,
    instanceId: 'one',
    address: 'web-1:4711',
    upMs,
  })
  const before = await now()
  await heartbeats.beat([beating('order', 7_000), beating('payment', 0)], 60_000)
  await database.read((run) =>
    run({ text: 'update waybill.heartbeat set at = at - 20000, started_at = started_at' }),
  )
  await heartbeats.beat([beating('order', 12_000)], 60_000)
  const [order, payment] = await heartbeats.list('shop')
  const later = await now()
  assert.deepEqual([order!.service, order!.instanceId, order!.address], ['order', 'one', 'web-1:4711'])
  assert.ok(order!.at.getTime() >= before && order!.at.getTime() <= later)
  // When it started is said once.
  assert.ok(order!.startedAt.getTime() >= before - 7_000 && order!.startedAt.getTime() <= later - 7_000)
  assert.ok(order!.ageMs >= 0 && order!.ageMs < 20_000)
  assert.ok(payment!.ageMs >= 20_000)
  assert.deepEqual(await heartbeats.list('booking'), [])

  await heartbeats.beat([], 20_000)
  assert.deepEqual(
    (await heartbeats.list('shop')).map(({ service }) => service),
    ['order'],
  )
  await heartbeats.end([beating('order', 0)])
  assert.deepEqual(await heartbeats.list('shop'), [])
})

/** By the database's clock. */
function now(): Promise<number> {
  return database.read(async (run) => {
    const [row] = await run({ text: 'select (extract(epoch from clock_timestamp()) * 1000)::bigint' })
    return Number(row![0])
  })
}
