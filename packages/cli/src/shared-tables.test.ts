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
  const startedAt = new Date('2026-11-21T10:00:00Z')
  const beat = (instanceId: string, service: string, at: string) => ({
    system: 'shop',
    service,
    instanceId,
    address: 'web-1:4711',
    startedAt,
    at: new Date(at),
  })
  await heartbeats.beat(
    [beat('one', 'order', '2026-11-21T10:00:00Z'), beat('one', 'payment', '2026-11-21T10:00:00Z')],
    new Date(0),
  )
  const order = beat('one', 'order', '2026-11-21T10:00:05Z')
  await heartbeats.beat([order], new Date(0))
  assert.deepEqual(await heartbeats.list('shop'), [order, beat('one', 'payment', '2026-11-21T10:00:00Z')])
  assert.deepEqual(await heartbeats.list('booking'), [])
  await heartbeats.beat([], new Date('2026-11-21T10:00:01Z'))
  assert.deepEqual(await heartbeats.list('shop'), [order])
})
