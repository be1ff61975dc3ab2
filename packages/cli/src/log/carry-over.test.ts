import assert from 'node:assert/strict'
import { test } from 'node:test'
import { memoryStore, needNothing, type Offset, type Store, writeNothing } from '@waybill/core'
import type { PartitionEnds } from '@waybill/kafka'
import { parcels } from '../parcels.test.fixture.ts'
import { anEvent } from './an-event.test.fixture.ts'
import { carryOver } from './carry-over.ts'
import { storePartitionOf, storePartitions } from './store-sources.ts'
import { unhandledOfKafka, unhandledOfStores } from './unhandled.ts'

const system = parcels('parcels').application.create(undefined as never)
const topic = 'parcels-sent'
const source = `counter/${topic}`

async function setUp(keys: readonly string[]) {
  const stores = new Map<string, Store>(system.services.map(({ name }) => [name, memoryStore(name)]))
  const save = (service: string, ...offsets: (Offset & { expected?: number })[]) =>
    stores.get(service)!.transact(needNothing, () => ({
      ...writeNothing,
      offsets: offsets.map((offset) => ({ expected: 0, ...offset })),
    }))
  const send = (...sent: readonly string[]) =>
    stores.get('counter')!.transact(needNothing, () => ({
      ...writeNothing,
      events: [
        ...sent.map((key) => anEvent({ key, topic })),
        // What is not published is of no concern.
        anEvent(),
      ],
    }))
  await send(...keys)
  const forgotten: Record<string, readonly string[]> = {}
  const carry = (ends?: readonly PartitionEnds[]) =>
    carryOver({
      system,
      stores,
      ends,
      forget: async (service, sources) => void (forgotten[service] = sources),
    })
  const offsetsOf = async (service: string) =>
    (await stores.get(service)!.offsets()).map((one) => `${one.source}/${one.partition} ${one.next}`)
  return { stores, save, send, carry, offsetsOf, forgotten }
}

test('on the log of the stores, what lies behind the position of its key is not handled', async () => {
  const { stores, save } = await setUp(['a', 'b', 'a'])
  assert.deepEqual(await unhandledOfStores(system, stores), [{ service: 'depot', source, events: 3 }])
  const [a, b] = [storePartitionOf({ key: 'a' }), storePartitionOf({ key: 'b' })]
  assert.notEqual(a, b)
  await save('depot', { source, partition: b, next: 3 })
  assert.deepEqual(await unhandledOfStores(system, stores), [{ service: 'depot', source, events: 2 }])
  await save('depot', { source, partition: a, next: 4 })
  assert.deepEqual(await unhandledOfStores(system, stores), [])
})

test('on Kafka, what is not published and what lies before the end is not handled', async () => {
  const { stores, save } = await setUp(['a', 'b'])
  const ends = [
    { topic, partition: 0, first: 5, end: 7 },
    { topic, partition: 1, first: 0, end: 0 },
  ]
  assert.deepEqual(await unhandledOfKafka(system, stores, ends), [
    { service: 'counter', source: 'the topics of counter', events: 2 },
    { service: 'depot', source: topic, events: 2 },
  ])
  await save('counter', { source: 'relay', partition: 0, next: 3 })
  await save('depot', { source: topic, partition: 0, next: 6 })
  assert.deepEqual(await unhandledOfKafka(system, stores, ends), [
    { service: 'depot', source: topic, events: 1 },
  ])
  await save('depot', { source: topic, partition: 0, next: 7, expected: 6 })
  assert.deepEqual(await unhandledOfKafka(system, stores, ends), [])
})

test('there and back, all positions are at the end, also when it is done twice', async () => {
  const { stores, save, send, carry, offsetsOf, forgotten } = await setUp(['a'])
  await save('depot', { source, partition: 3, next: 2, mark: 'm' })
  const ends = [
    { topic, partition: 0, first: 5, end: 7 },
    { topic, partition: 1, first: 0, end: 0 },
  ]
  for (let time = 0; time < 2; time += 1) {
    await carry(ends)
    assert.deepEqual(await offsetsOf('counter'), ['relay/0 2'])
    assert.deepEqual(await offsetsOf('depot'), [`${source}/3 2`, `${topic}/0 7`])
    assert.deepEqual(forgotten, { counter: [], depot: [source] })
  }
  assert.deepEqual(await unhandledOfKafka(system, stores, ends), [])

  await send('b')
  await carry()
  assert.deepEqual(forgotten, { counter: ['relay'], depot: [topic] })
  const saved = (await stores.get('depot')!.offsets()).filter((offset) => offset.source === source)
  assert.deepEqual(
    saved.toSorted((one, other) => one.partition - other.partition),
    storePartitions.map((partition) => ({ source, partition, next: 5, mark: undefined })),
  )
  assert.deepEqual(await unhandledOfStores(system, stores), [])
})
