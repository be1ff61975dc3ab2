import assert from 'node:assert/strict'
import { after, before, describe } from 'node:test'
import { createSetup, sharedRegistry, skipWithoutRegistry } from '@waybill/servers'
import { referenceCases, registryCases } from '../registry/registry-cases.test.fixture.ts'
import type { Registry } from '../registry/registry.ts'
import { createRegistryClient } from './client.ts'

describe('a registry of another make, over HTTP', { skip: await skipWithoutRegistry() }, () => {
  const setup = createSetup()
  let address: string
  let registry: Registry
  before(async () => {
    ;[{ address }] = await setup.start(sharedRegistry)
    registry = createRegistryClient(address)
  })
  after(setup.end)

  registryCases(() => registry)
  referenceCases(
    () => registry,
    async (subject, body) => {
      const answer = await fetch(`${address}/subjects/${subject}/versions`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(body),
      })
      assert.equal(answer.status, 200, await answer.clone().text())
      return ((await answer.json()) as { id: number }).id
    },
  )
})
