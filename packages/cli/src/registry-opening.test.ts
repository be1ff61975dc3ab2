import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { createRegistryClient } from '@waybill/schema'
import { parcels } from './parcels.test.fixture.ts'
import { call } from './testing/call.ts'
import { startTestHost } from './testing/host.ts'

test('Others find the schemas of a system on the admin port, and leave theirs there for good', async (it) => {
  const folder = await mkdtemp(join(tmpdir(), 'waybill-registry-'))
  it.after(() => rm(folder, { recursive: true }))
  const { application } = parcels('parcels')
  const first = await startTestHost(application, { folder })
  it.after(() => first.stop())
  const registry = createRegistryClient(`${first.adminAddress}/registry`)
  const [own] = await registry.versions('parcels-sent-value')
  assert.match(JSON.stringify(own?.schema), /"ParcelSent"/)
  const theirs = { type: 'record', name: 'Theirs', fields: [{ name: 'b', type: 'long' }] } as const
  const id = await registry.register('their topic-value', theirs)
  await first.stop()

  const second = await startTestHost(application, { folder })
  it.after(() => second.stop())
  const { body } = await call(second.adminAddress, `GET /registry/schemas/ids/${id}`)
  assert.equal(body.schema, JSON.stringify(theirs))
  const client = createRegistryClient(`${second.adminAddress}/registry`)
  assert.deepEqual(await client.versions('parcels-sent-value'), [own])
})
