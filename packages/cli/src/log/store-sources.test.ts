import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  event,
  memoryStore,
  needNothing,
  on,
  service,
  storeLog,
  system,
  topicsOf,
  writeNothing,
} from '@waybill/core'
import { systemClock } from '@waybill/runtime'
import Type from 'typebox'
import { parcels } from '../parcels.test.fixture.ts'
import { anEvent } from './an-event.test.fixture.ts'
import { storePartitionOf, storePartitions, storeSources } from './store-sources.ts'

const { application } = parcels('parcels')
const post = application.create(undefined as never)

test('a service reads of each other one the topics that both have', () => {
  const data = Type.Object({ id: Type.String() })
  const made = (type: string, topic: string) => event(type, { topic, key: 'id', data })
  const [A, B, C, D] = [made('A', 'ab'), made('B', 'ab'), made('C', 'c'), made('D', 'd')]
  const emit = (of: typeof A) =>
    on(C)
      .emits(of)
      .decide(() => undefined)
  const definition = system('test', [
    service('one', { handlers: [emit(A), emit(D)] }),
    service('two', { handlers: [emit(B)] }),
    service('three', {
      handlers: [
        on(A)
          .emits(C)
          .decide(() => undefined),
      ],
    }),
  ])
  const [one, , three] = definition.services
  assert.deepEqual(
    storeSources(definition, three!).map(({ source }) => source),
    ['one/ab', 'two/ab'],
  )
  assert.deepEqual(storeSources(definition, one!), [{ source: 'three/c', producer: 'three', topic: 'c' }])
})

test('sources and partitions are those of the log of the stores', { timeout: 20_000 }, async () => {
  const stores = new Map(post.services.map(({ name }) => [name, memoryStore(name)]))
  const keys = Array.from({ length: 200 }, (_, n) => `${n} Straße ${n * 7_919} 😀`)
  const events = keys.map((key) => anEvent({ key, topic: 'parcels-sent', type: 'ParcelSent' }))
  await stores.get('counter')!.transact(needNothing, () => ({ ...writeNothing, events }))
  const log = storeLog({ stores, clock: systemClock, system: post })
  const subscription = await log.subscribe({
    group: 'depot',
    topics: topicsOf(post),
    from: async () => undefined,
  })
  const { messages } = await subscription.poll(1_000)
  await subscription.close()
  assert.equal(messages.length, keys.length)
  const [depots] = storeSources(post, post.services[1]!)
  for (const message of messages) {
    assert.equal(message.source, depots!.source)
    assert.equal(message.partition, storePartitionOf(message.event), message.event.key)
  }
  assert.deepEqual(
    [...new Set(messages.map(({ partition }) => partition))].toSorted((a, b) => a - b),
    storePartitions,
  )
})
