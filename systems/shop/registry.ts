import { query, service, type ServiceDef } from '@waybill/core'
import type { Directory } from '@waybill/runtime'
import Type from 'typebox'

const Time = Type.String({ format: 'date-time' })

const Instance = Type.Object({
  instanceId: Type.String(),
  address: Type.String(),
  status: Type.Enum(['up', 'down']),
  startedAt: Time,
  lastHeartbeatAt: Time,
})

/** Who runs where. Hosts send the heartbeats; the registry only tells. */
const listInstances = (directory: Directory) =>
  query('instances', {
    http: 'GET /api/registry',
    role: 'admin',
    input: Type.Object({}),
    output: Type.Object({
      services: Type.Array(Type.Object({ service: Type.String(), instances: Type.Array(Instance) })),
    }),
    answer: async () => {
      const byService = Map.groupBy(await directory.instances(), ({ service: name }) => name)
      return {
        services: [...byService].map(([name, instances]) => ({
          service: name,
          instances: instances.map(({ instanceId, address, status, startedAt, lastHeartbeatAt }) => ({
            instanceId,
            address,
            status,
            startedAt: startedAt.toISOString(),
            lastHeartbeatAt: lastHeartbeatAt.toISOString(),
          })),
        })),
      }
    },
  })

/** Service discovery: the original's Eureka server. */
export const registry = (directory: Directory): ServiceDef =>
  service('registry', { queries: [listInstances(directory)] })
