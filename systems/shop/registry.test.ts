import assert from 'node:assert/strict'
import { test } from 'node:test'
import { systemCaller } from '@waybill/core'
import { registry } from './registry.ts'

test('instances are told by service', async () => {
  const at = new Date('2026-01-01T12:00:00Z')
  const instance = (service: string, instanceId: string, status: 'up' | 'down') => ({
    service,
    instanceId,
    status,
    address: 'web-1:4711',
    startedAt: at,
    lastHeartbeatAt: at,
  })
  const [instances] = registry({
    instances: async () => [
      instance('order', 'a', 'up'),
      instance('payment', 'b', 'up'),
      instance('order', 'c', 'down'),
    ],
  }).queries
  const told = (instanceId: string, status: string) => ({
    instanceId,
    address: 'web-1:4711',
    status,
    startedAt: '2026-01-01T12:00:00.000Z',
    lastHeartbeatAt: '2026-01-01T12:00:00.000Z',
  })
  assert.deepEqual(await instances!.answer({} as never, {}, systemCaller), {
    services: [
      { service: 'order', instances: [told('a', 'up'), told('c', 'down')] },
      { service: 'payment', instances: [told('b', 'up')] },
    ],
  })
})
