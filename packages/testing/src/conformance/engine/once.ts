import assert from 'node:assert/strict'
import type { ServiceDef } from '@waybill/core'
import { allPublished } from '../store/fixtures.ts'
import { eventually, pause } from '../waiting.ts'
import type { Process, World } from './world.ts'

const quietMs = 150

/** Waits until no service commits anything any more. */
async function untilQuiet({ flow, look }: World): Promise<void> {
  const ends = async (): Promise<string> => {
    const services = Object.values(flow.services)
    return (
      await Promise.all(services.map(async (service) => (await endOf(await look(service))).toString()))
    ).join()
  }
  await eventually('nothing moves any more', async () => {
    const before = await ends()
    await pause(quietMs)
    return (await ends()) === before
  })
}

async function endOf(store: Awaited<ReturnType<World['look']>>): Promise<number> {
  let page = await store.published(0, [], 1)
  while (!page.atEnd) page = await store.published(page.upTo, [], 1)
  return page.upTo
}

/** Fails unless each of these orders was paid, and everything about it happened exactly once. */
export async function assertPaidOnce(world: World, process: Process, ids: readonly string[]): Promise<void> {
  await process.settled(...ids)
  for (const id of ids) {
    await eventually('all has come', async () => (await process.order(id)).seen.length >= 4)
  }
  await untilQuiet(world)
  const { flow, look } = world
  for (const id of ids) {
    const { status, seen } = await process.order(id)
    assert.deepEqual([status, seen.toSorted()], ['PAID', ['Paid', 'Placed', 'Reserved', 'Welcomed']])
    const history = await (await look(flow.services.order)).history(`order/${id}`)
    assert.deepEqual(
      history.map(({ type }) => type),
      seen,
    )
    const row = await process.read(flow.services.order).row(flow.Orders, id)
    assert.deepEqual(row, { orderId: id, status: 'Paid', changes: 2 })
  }
  const expected = ids.toSorted()
  const published = async (service: ServiceDef, type: string): Promise<readonly string[]> => {
    const topics = [...flow.system.events.values()].flatMap((event) => event.topic?.name ?? [])
    const all = await allPublished(await look(service), topics)
    return all.filter((event) => event.type === type).map(({ key }) => key)
  }
  const mine = (keys: readonly string[]): readonly string[] =>
    keys.filter((key) => ids.includes(key)).toSorted()
  assert.deepEqual(mine(await published(flow.services.order, 'Placed')), expected, 'placed once')
  assert.deepEqual(mine(await published(flow.services.stock, 'Reserved')), expected, 'reserved once')
  assert.deepEqual(mine(await published(flow.services.pay, 'Paid')), expected, 'paid once')
  const products = await process.read(flow.services.order).row(flow.Products, 'p')
  assert.equal(products?.placed, (await published(flow.services.order, 'Placed')).length, 'counted once')
  const { takenBy } = await process.read(flow.services.stock).entity(flow.Stock, 'p')
  assert.deepEqual(mine(takenBy), expected, 'taken once')
}

/** Notes every charge by the idempotency key that it came with. */
export function countCharges({ flow }: World): ReadonlyMap<string, readonly string[]> {
  const keys = new Map<string, string[]>()
  flow.controls.charge = (orderId, { idempotencyKey }) => {
    keys.set(orderId, [...(keys.get(orderId) ?? []), idempotencyKey])
    return `receipt of ${orderId}`
  }
  return keys
}

/** Fails unless every charge of an order came with the same idempotency key, and each order's with another. */
export function assertChargedOnce(
  keys: ReadonlyMap<string, readonly string[]>,
  ids: readonly string[],
): void {
  const distinct = ids.map((id) => new Set(keys.get(id)))
  assert.ok(
    distinct.every(({ size }) => size === 1),
    'one idempotency key for each order',
  )
  assert.equal(new Set(distinct.flatMap((one) => [...one])).size, ids.length)
}
