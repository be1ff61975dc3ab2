import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { type Database, openPglite } from '@waybill/postgres'
import { processesOf } from '@waybill/runtime'
import { databaseHeartbeats } from '../heartbeat-store.ts'
import { parcels } from '../parcels.test.fixture.ts'
import { openSharedTables } from '../shared-tables.ts'
import type { LogIdentity } from './log-identity.ts'
import { checkLog, rememberMove, rememberMoved } from './remembered-log.ts'

const folder = mkdtempSync(join(tmpdir(), 'waybill-log-'))
let database: Database

before(async () => {
  database = await openPglite(folder)
  await openSharedTables(database)
})
after(async () => {
  await database.close()
  rmSync(folder, { recursive: true })
})

const store: LogIdentity = { kind: 'store' }
const kafka: LogIdentity = { kind: 'kafka', cluster: 'one' }
let systems = 0
const waits: string[] = []

/** A system of its own, with the offsets that its depot has saved: source, partition, next. */
async function withOffsets(...offsets: readonly (readonly [string, number, number])[]) {
  systems += 1
  const name = `post${systems}`
  const system = parcels(name).application.create(undefined as never)
  await database.read(async (run) => {
    await run({ text: `create schema ${name}_depot` })
    await run({
      text: `create table ${name}_depot.offsets (
        source text collate "C", partition int, next bigint not null, mark text, primary key (source, partition))`,
    })
    for (const values of offsets) {
      await run({ text: `insert into ${name}_depot.offsets values ($1, $2, $3)`, values: [...values] })
    }
  })
  return {
    name,
    start: (log: LogIdentity) =>
      checkLog({
        database,
        name,
        system,
        log,
        warnings: { warn: (_, message) => void waits.push(message) },
      }),
    saved: () =>
      database.read(async (run) => {
        const rows = await run({
          text: `select source, partition, next::int from ${name}_depot.offsets order by source, partition`,
        })
        return rows.map((row) => [...row])
      }),
  }
}

test('The first start decides; another log is refused at each later one, naming both', async () => {
  const { name, start } = await withOffsets()
  await start(store)
  await start(store)
  await assert.rejects(start(kafka), {
    code: 'LOG_CHANGED',
    message: new RegExp(`${name} are those of the store as log; .* names Kafka \\(the cluster one\\)`),
  })
  await start(store)

  const other = await withOffsets()
  await other.start({ kind: 'kafka' })
  // Now that it says so, it is known which cluster it is.
  await other.start(kafka)
  await assert.rejects(other.start({ kind: 'kafka', cluster: 'two' }), { code: 'LOG_CHANGED' })
  await assert.rejects(other.start(store), { code: 'LOG_CHANGED' })
})

test('Where nothing is remembered yet, the saved positions tell', async () => {
  const onStore = await withOffsets(['counter', 0, 7])
  await assert.rejects(onStore.start(kafka), { code: 'LOG_CHANGED' })
  const onKafka = await withOffsets([`post${systems + 1}-sent`, 0, 7])
  await assert.rejects(onKafka.start(store), { code: 'LOG_CHANGED' })
  await onKafka.start(kafka)
  const relayed = await withOffsets(['relay', 0, 7])
  await assert.rejects(relayed.start(store), { code: 'LOG_CHANGED' })
})

test('Positions of a service become positions of each of its topics', async () => {
  const { name, start, saved } = await withOffsets(['counter', 0, 7], ['counter', 5, 12])
  await start(store)
  const wanted = [
    [`counter/${name}-sent`, 0, 7],
    [`counter/${name}-sent`, 5, 12],
  ]
  assert.deepEqual(await saved(), wanted)
  await start(store)
  assert.deepEqual(await saved(), wanted)
})

test('They wait for processes of an earlier version, which know only the old ones', async () => {
  const { name, start, saved } = await withOffsets(['counter', 0, 7])
  const heartbeats = databaseHeartbeats(database)
  const beating = { service: 'depot', address: 'web-1:1', upMs: 0 }
  const earlier = { ...beating, system: name, instanceId: 'earlier' }
  const present = { ...beating, instanceId: 'present' }
  await heartbeats.beat(
    [earlier, { ...present, system: name }, { ...present, system: processesOf(name) }],
    60_000,
  )
  const starting = start(store)
  while (waits.length === 0) await new Promise((resolve) => setTimeout(resolve, 20))
  assert.deepEqual(await saved(), [['counter', 0, 7]])
  await heartbeats.end([earlier])
  await starting
  assert.deepEqual(await saved(), [[`counter/${name}-sent`, 0, 7]])
})

test('While positions are carried over nothing starts', async () => {
  const { name, start } = await withOffsets()
  await start(store)
  await rememberMove(database, name, { to: kafka, begun: false })
  await assert.rejects(start(store), { code: 'LOG_CHANGED', message: /being carried over .* to Kafka/ })
  await assert.rejects(start(kafka), { code: 'LOG_CHANGED' })
  await rememberMoved(database, name, kafka)
  await assert.rejects(start(store), { code: 'LOG_CHANGED' })
  await start(kafka)
})
