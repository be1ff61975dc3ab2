import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { event, internal } from '@waybill/core'
import { Type } from 'typebox'
import type { AvroRecord } from '../avro-schema.ts'
import { shopWith } from '../system.test.fixture.ts'
import { createEmbeddedRegistry } from './embedded.ts'
import type { SchemaId } from '../wire.ts'
import { prepare } from './prepare.ts'
import { registryCases } from './registry-cases.test.fixture.ts'
import { memoryStorage, type RegistryStorage } from './storage.ts'

const order = (...fields: AvroRecord['fields']): AvroRecord => ({
  type: 'record',
  name: 'Order',
  fields: [{ name: 'id', type: 'string' }, ...fields],
})
const withNote = order({ name: 'note', type: ['null', 'string'], default: null })

describe('embedded registry', () => {
  registryCases(() => createEmbeddedRegistry())

  it('counts ids from 1, and allows what is backward compatible unless told otherwise', async () => {
    const registry = createEmbeddedRegistry()
    assert.equal(await registry.register('a', order()), 1)
    assert.equal(await registry.register('b', withNote), 2)
    assert.equal(await registry.level('a'), 'BACKWARD')
  })

  it('finds everything again in its storage', async () => {
    const storage = memoryStorage()
    const first = createEmbeddedRegistry(storage)
    await first.register('a', order())
    await first.setLevel('a', 'FULL')
    const second = createEmbeddedRegistry(storage)
    assert.equal(await second.register('a', order()), 1)
    assert.equal(await second.level('a'), 'FULL')
    assert.equal(await second.register('b', withNote), 2)
  })

  it('decides anew when another process was quicker', async () => {
    const storage = memoryStorage()
    const other = createEmbeddedRegistry(storage)
    let disturbed = false
    const disturbing: RegistryStorage = {
      load: () => storage.load(),
      async append(record, position) {
        if (!disturbed) {
          disturbed = true
          await other.register('a', withNote)
        }
        return storage.append(record, position)
      },
    }
    assert.equal(await createEmbeddedRegistry(disturbing).register('a', withNote), 1)
    assert.equal((await storage.load()).length, 1)
  })
})

describe('prepare', () => {
  const data = Type.Object({ orderId: Type.String() })
  const OrderCreated = event('OrderCreated', { topic: 'orders', key: 'orderId', data })
  const OrderPaid = event('OrderPaid', { topic: 'orders', key: 'orderId', data })
  const StockReserved = event('StockReserved', { topic: 'stock', key: 'orderId', data })
  const OrderOverdue = internal('OrderOverdue', { data })

  it('registers each event under its topic when it is alone there, else under its own name', async () => {
    const registry = createEmbeddedRegistry()
    const system = shopWith(OrderCreated, OrderPaid, StockReserved, OrderOverdue)
    const snapshot = await prepare(system, registry)
    const subjects = {
      'waybill.shop.OrderCreated': OrderCreated,
      'waybill.shop.OrderPaid': OrderPaid,
      'stock-value': StockReserved,
      'waybill.shop.OrderOverdue': OrderOverdue,
    }
    for (const [subject, registered] of Object.entries(subjects)) {
      const [version] = await registry.versions(subject)
      assert.equal(version?.id, snapshot.idOf(registered))
      assert.deepEqual(version.schema, snapshot.schemaOf(version.id))
    }
    assert.deepEqual(await registry.versions('orders-value'), [])
  })

  it('gives the same ids again, and knows the schemas of before', async () => {
    const registry = createEmbeddedRegistry()
    const first = await prepare(shopWith(OrderCreated), registry)
    const again = await prepare(shopWith(OrderCreated), registry)
    assert.equal(again.idOf(OrderCreated), first.idOf(OrderCreated))

    const Newer = event('OrderCreated', {
      topic: 'orders',
      key: 'orderId',
      data: Type.Object({ orderId: Type.String(), note: Type.Optional(Type.String()) }),
    })
    // Its topic carries two types now, so that it is registered under another subject.
    const newer = await prepare(shopWith(Newer, OrderPaid), registry)
    assert.notEqual(newer.idOf(Newer), first.idOf(OrderCreated))
    assert.deepEqual(newer.schemaOf(first.idOf(OrderCreated)), first.schemaOf(first.idOf(OrderCreated)))
  })

  it('refuses with all reasons of all events, and registers nothing then', async () => {
    const registry = createEmbeddedRegistry()
    await prepare(shopWith(OrderCreated, StockReserved), registry)
    const more = Type.Object({ orderId: Type.String(), total: Type.Integer() })
    const system = shopWith(
      event('OrderCreated', { topic: 'orders', key: 'orderId', data: more }),
      event('StockReserved', { topic: 'stock', key: 'orderId', data: more }),
      OrderOverdue,
    )
    await assert.rejects(prepare(system, registry), {
      code: 'SCHEMA_INCOMPATIBLE',
      message: /OrderCreated, total: .*\n.*StockReserved, total: /,
    })
    assert.deepEqual(await registry.versions('waybill.shop.OrderOverdue'), [])
  })

  it('asks once a minute for an id that the registry does not have, however many payloads name it', async () => {
    const registry = createEmbeddedRegistry()
    const asked: unknown[] = []
    const counting = {
      ...registry,
      schemaById: (id: SchemaId) => {
        asked.push(id)
        return registry.schemaById(id)
      },
    }
    let now = 0
    const { learn } = await prepare(shopWith(OrderCreated), counting, () => now)
    const poison = [Buffer.of(0, 0, 0, 0, 99, 1), Buffer.of(0, 0, 0, 0, 99, 2), Buffer.of(0, 0, 0, 0, 98)]
    await learn([Buffer.of(0, 0, 0, 0, 1), Buffer.from('{"no":"Avro"}'), Buffer.of()])
    assert.deepEqual(asked, [])
    for (now of [0, 30_000, 60_000]) await learn(poison)
    assert.deepEqual(asked, [99, 98])
    now = 60_001
    await learn(poison)
    assert.deepEqual(asked, [99, 98, 99, 98])
  })
})
