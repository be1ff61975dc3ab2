import assert from 'node:assert/strict'
import { after, before, describe } from 'node:test'
import { hasCode } from '@waybill/core'
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
    registry = askingAgain(createRegistryClient(address))
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

/**
 * As everybody does who uses a registry. Apicurio does not know the path of GUIDs, and of some hundred requests with a path
 * that it does not know it leaves one without an answer.
 */
function askingAgain(registry: Registry): Registry {
  return {
    ...registry,
    schemaById: (id) =>
      registry.schemaById(id).catch((error: unknown) => {
        if (!hasCode(error, 'REGISTRY_UNAVAILABLE')) throw error
        return registry.schemaById(id)
      }),
  }
}
