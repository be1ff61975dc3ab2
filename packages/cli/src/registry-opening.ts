import type { Backends } from '@waybill/runtime'
import {
  createEmbeddedRegistry,
  createRegistryClient,
  keepingIds,
  type Registry,
  type RegistryStorage,
} from '@waybill/schema'
import { registryRoutes } from '@waybill/schema/rest'
import { type Warnings, whenAnswered } from './waiting.ts'

/**
 * Finds the schema registry: the one at the address, which is waited for, or else the embedded one, which then is at
 * `/registry` on the admin port.
 * @param records of the database in which the events are
 * @throws CONFIGURATION_INVALID when the registry at the address is not the one with which the events were written
 */
export async function openRegistry(
  address: string | undefined,
  records: RegistryStorage,
  warnings: Warnings,
): Promise<{ readonly registry: Registry } & Pick<Backends, 'adminRoutes'>> {
  if (address !== undefined) {
    const client = createRegistryClient(address)
    return { registry: await whenAnswered(() => keepingIds(client, records), warnings) }
  }
  const registry = createEmbeddedRegistry(records)
  return {
    registry,
    adminRoutes: async (http, mayWrite) => {
      await http.register(registryRoutes, { prefix: '/registry', registry, mayWrite })
      return [{ path: '/registry/subjects', what: "The schema registry, by Confluent's REST API." }]
    },
  }
}
