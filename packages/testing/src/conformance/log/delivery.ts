import assert from 'node:assert/strict'
import { anEvent, comparable, many, newId, textOf } from '../store/fixtures.ts'
import { pause } from '../waiting.ts'
import { group, type Producer } from './context.ts'
import { join } from './member.ts'

/** Publishes one event after the other, each in a batch of its own. */
async function publishEach(producer: Producer, topic: string, key: string, count: number): Promise<void> {
  for (let n = 0; n < count; n += 1) await producer.publish([anEvent({ topic, key, text: `${n}` })])
}

export const delivery = group('delivery', {
  'every group gets every event of its topics, and no other': async ({ producers, connect }) => {
    const [{ topics, publish }, other] = producers
    const log = await connect()
    const one = await join(log, { group: 'one', topics: [topics[0]] })
    const both = await join(log, { group: 'both', topics: [topics[0], other.topics[0]] })
    await publish(
      topics.flatMap(({ name }) => [1, 2].map((n) => anEvent({ topic: name, text: `${name} ${n}` }))),
    )
    await publish([anEvent({ topic: undefined, text: 'internal' })])
    await publish([anEvent({ topic: topics[0].name, text: 'last' })])
    await other.publish([anEvent({ topic: other.topics[0].name, text: 'other' })])
    await one.receive(3)
    await both.receive(4)
    const ofFirst = [`${topics[0].name} 1`, `${topics[0].name} 2`, 'last']
    assert.deepEqual(one.texts(), ofFirst)
    assert.deepEqual(both.texts().toSorted(), [...ofFirst, 'other'].toSorted())
  },

  'each says which service has published it': async ({ producers, connect }) => {
    const [one, other] = producers
    const member = await join(await connect(), { group: 'g', topics: [one.topics[0], other.topics[0]] })
    for (const { topics, service, publish } of producers) {
      await publish([anEvent({ topic: topics[0].name, text: service })])
    }
    await member.receive(2)
    for (const { producer, event } of member.messages) assert.equal(producer, textOf(event))
  },

  'events come as they were published': async ({ producers, connect }) => {
    const [{ topics, publish }] = producers
    const full = anEvent({
      topic: topics[0].name,
      key: 'it\'s "é" 漢字',
      causationId: newId(),
      traceparent: '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01',
      payload: Uint8Array.from({ length: 256 }, (_, byte) => byte),
    })
    const bare = anEvent({ topic: topics[0].name, payload: new Uint8Array() })
    await publish([full, bare])
    const member = await join(await connect(), { group: 'g', topics: [topics[0]] })
    await member.receive(2)
    for (const sent of [full, bare]) {
      const found = member.messages.find(({ event }) => event.id === sent.id)!.event
      const { type, topic, key, correlationId, causationId, traceparent, at } = found
      const { payload } = comparable(found)
      assert.deepEqual(
        {
          type,
          topic,
          key,
          correlationId,
          causationId,
          traceparent: sent.traceparent && traceparent,
          at,
          payload,
        },
        {
          type: sent.type,
          topic: sent.topic,
          key: sent.key,
          correlationId: sent.correlationId,
          causationId: sent.causationId,
          traceparent: sent.traceparent,
          at: sent.at,
          payload: comparable(sent).payload,
        },
      )
    }
  },

  'events of a key come in the order of their commits, whoever else writes': async ({
    producers,
    connect,
  }) => {
    const topic = producers[0].topics[0]
    const member = await join(await connect(), { group: 'g', topics: [topic] })
    const keys = many(12, (n) => `key ${n}`)
    const published = Promise.all(keys.map((key) => publishEach(producers[0], topic.name, key, 20)))
    await member.receive(240)
    await published
    for (const key of keys) {
      assert.deepEqual(
        member.textsOf(key),
        many(20, (n) => `${n}`),
      )
    }
  },

  'events of one batch keep their order within a key': async ({ producers, connect }) => {
    const [{ topics, publish }] = producers
    await publish(many(100, (n) => anEvent({ topic: topics[0].name, key: `${n % 3}`, text: `${n}` })))
    const member = await join(await connect(), { group: 'g', topics: [topics[0]] })
    await member.receive(100)
    for (const key of ['0', '1', '2']) {
      const expected = many(100, (n) => n).filter((n) => String(n % 3) === key)
      assert.deepEqual(member.textsOf(key), expected.map(String))
    }
  },

  'many events come all of them, in portions': async ({ producers, connect }) => {
    const topics = producers.map((producer) => producer.topics[1])
    for (const { publish, topics: own } of producers) {
      await publish(many(800, (n) => anEvent({ topic: own[1].name, key: `${n % 50}`, text: `${n}` })))
    }
    const member = await join(await connect(), { group: 'g', topics, max: 50 })
    await member.receive(1_600)
  },

  'a poll that waits gets what comes': async ({ producers, connect }) => {
    const [{ topics, publish }] = producers
    const member = await join(await connect(), { group: 'g', topics: [topics[0]] })
    const waiting = member.receive(1)
    await pause(100)
    await publish([anEvent({ topic: topics[0].name, text: 'now' })])
    await waiting
    assert.deepEqual(member.texts(), ['now'])
  },

  'a log that does not repeat gives each event once': async ({ producers, connect }) => {
    const [{ topics, publish }] = producers
    const member = await join(await connect(), { group: 'g', topics: [topics[0]] })
    for (let turn = 1; turn <= 10; turn += 1) {
      await publish(many(10, (n) => anEvent({ topic: topics[0].name, key: `${n}` })))
      // `join` fails on a repetition where there must be none.
      await member.receive(10 * turn)
    }
  },
})
