import assert from 'node:assert/strict'
import { test } from 'node:test'
import { emittedBy, receivedBy, type ServiceDef, topicsOf } from '@waybill/core'
import { shop } from './system.ts'

const system = shop({ payments: {} as never, directory: {} as never })

/** `topic: publisher -> consumers`, as the original's table has them. */
const flows = topicsOf(system)
  .map(({ name }) => {
    const speaks = (service: ServiceDef) => [...emittedBy(service)].some(({ topic }) => topic?.name === name)
    const hears = (service: ServiceDef) => [...receivedBy(service)].some(({ topic }) => topic?.name === name)
    const names = (services: readonly ServiceDef[]) => services.map((service) => service.name).join(' ')
    return `${name}: ${names(system.services.filter(speaks))} -> ${names(system.services.filter(hears))}`
  })
  .toSorted()

test('events flow as the original says, and where else they must', () => {
  assert.deepEqual(flows, [
    // Beyond the original: notification hears of every cancellation.
    'order-cancelled: order -> product payment notification',
    'order-created: order -> product notification',
    // Beyond the original: product knows what is sold.
    'payment-completed: payment -> product order notification',
    'payment-failed: payment -> product order',
    'stock-reservation-failed: product -> order notification',
    // Beyond the original: the orchestrator knows the step.
    'stock-reserved: product -> order payment',
    'user-notifications: notification -> ',
  ])
})

test('orders and payments are archived', () => {
  const archived = [...system.events.values()].filter(({ archive }) => archive).map(({ type }) => type)
  assert.deepEqual(archived.toSorted(), [
    'OrderCancelledEvent',
    'OrderCreatedEvent',
    'PaymentCompletedEvent',
    'PaymentFailedEvent',
  ])
})
