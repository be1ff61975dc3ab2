import assert from 'node:assert/strict'
import { anEvent, many } from '../store/fixtures.ts'
import { pause, within } from '../waiting.ts'
import { group, type Producer } from './context.ts'
import { join, type Saved } from './member.ts'

function publishTexts({ publish, topics }: Producer, from: number, to: number): Promise<void> {
  return publish(
    many(to - from + 1, (n) => anEvent({ topic: topics[0].name, key: 'k', text: `${from + n}` })),
  )
}

const numbers = (from: number, to: number): readonly string[] => many(to - from + 1, (n) => `${from + n}`)

export const positions = group('positions', {
  'a new group begins at the beginning': async ({ producers, connect }) => {
    const [producer] = producers
    const log = await connect()
    await publishTexts(producer, 1, 5)
    for (const name of ['first', 'second']) {
      const member = await join(log, { group: name, topics: [producer.topics[0]] })
      await member.receive(5)
      assert.deepEqual(member.texts(), numbers(1, 5))
      await member.leave()
    }
  },

  'a group goes on where it has saved': async ({ producers, connect }) => {
    const [producer] = producers
    const log = await connect()
    const saved: Saved = new Map()
    const options = { group: 'g', topics: [producer.topics[0]], saved }
    await publishTexts(producer, 1, 30)
    const first = await join(log, { ...options, max: 10 })
    await first.poll()
    await first.leave()
    const got = first.texts().length
    assert.ok(got > 0)
    await publishTexts(producer, 31, 35)
    const second = await join(log, options)
    await second.receive(35 - got)
    assert.deepEqual([...first.texts(), ...second.texts()], numbers(1, 35))
  },

  'what was read and not saved comes again': async ({ producers, connect }) => {
    const [producer] = producers
    const log = await connect()
    const options = { group: 'g', topics: [producer.topics[0]], saved: new Map(), saves: false }
    await publishTexts(producer, 1, 5)
    for (let turn = 0; turn < 2; turn += 1) {
      const member = await join(log, options)
      await member.receive(5)
      assert.deepEqual(member.texts(), numbers(1, 5))
      await member.leave()
    }
  },

  'a reset goes back to what is saved': async ({ producers, connect }) => {
    const [producer] = producers
    const saved: Saved = new Map()
    const options = { group: 'g', topics: [producer.topics[0]], saved, saves: false }
    const member = await join(await connect(), options)
    await publishTexts(producer, 1, 6)
    await member.receive(6)
    const third = member.messages[2]!
    await member.reset()
    await member.receive(6)
    assert.deepEqual(member.texts(), numbers(1, 6))
    const { source, partition, position } = third
    saved.set(`${source}/${partition}`, { source, partition, next: position + 1 })
    await member.reset()
    await publishTexts(producer, 7, 7)
    await member.receive(4)
    assert.deepEqual(member.texts(), numbers(4, 7))
  },

  'what is saved lies beyond events that are none of the group': async ({ producers, connect }) => {
    const [producer] = producers
    const [wanted, unwanted] = producer.topics
    const log = await connect()
    const saved: Saved = new Map()
    const options = { group: 'g', topics: [wanted], saved }
    const first = await join(log, options)
    await producer.publish([
      anEvent({ topic: wanted.name, text: '1' }),
      ...many(200, () => anEvent({ topic: unwanted.name })),
      anEvent({ topic: wanted.name, text: '2' }),
    ])
    await first.receive(2)
    await first.leave()
    await producer.publish(many(50, () => anEvent({ topic: unwanted.name })))
    await producer.publish([anEvent({ topic: wanted.name, text: '3' })])
    const second = await join(log, options)
    await second.receive(1)
    assert.deepEqual(second.texts(), ['3'])
  },

  'a group that wants one more topic gets that from its beginning': async ({ producers, connect }) => {
    const [producer] = producers
    const [known, further] = producer.topics
    const log = await connect()
    const saved: Saved = new Map()
    const sent = (from: number, to: number, topic: string): Promise<void> =>
      producer.publish(many(to - from + 1, (n) => anEvent({ topic, key: 'k', text: `${topic} ${from + n}` })))
    await sent(1, 3, further.name)
    await sent(1, 4, known.name)
    const first = await join(log, { group: 'g', topics: [known], saved })
    await first.receive(4)
    await first.leave()
    await sent(4, 5, further.name)
    await sent(5, 5, known.name)
    const second = await join(log, { group: 'g', topics: [known, further], saved })
    await second.receive(6)
    const textsOf = (topic: string): readonly string[] =>
      second.messages.flatMap(({ event }, n) => (event.topic === topic ? [second.texts()[n]!] : []))
    assert.deepEqual(
      textsOf(further.name),
      numbers(1, 5).map((n) => `${further.name} ${n}`),
    )
    assert.deepEqual(textsOf(known.name), [`${known.name} 5`])
  },

  'a poll that waits is woken by close, and one after it does not wait': async ({ producers, connect }) => {
    const member = await join(await connect(), { group: 'g', topics: [producers[0].topics[0]] })
    const waiting = member.poll()
    await pause(50)
    await member.leave()
    assert.deepEqual((await within('the woken poll', waiting)).messages, [])
    assert.deepEqual((await within('a poll after close', member.poll())).messages, [])
  },

  'a poll that waits is woken by reset': async ({ producers, connect }) => {
    const [producer] = producers
    const member = await join(await connect(), { group: 'g', topics: [producer.topics[0]] })
    const waiting = member.poll()
    await pause(50)
    await member.reset()
    assert.deepEqual((await within('the woken poll', waiting)).messages, [])
    await publishTexts(producer, 1, 2)
    await member.receive(2)
    assert.deepEqual(member.texts(), numbers(1, 2))
  },

  'what one member leaves another one takes up': async ({ producers, connect }) => {
    const [producer] = producers
    const { publish, topics } = producer
    const saved: Saved = new Map()
    const options = { group: 'g', topics: [topics[0]], saved }
    const texts = (from: number): readonly string[] => many(40, (n) => `${from + n}`)
    const publishFrom = (from: number): Promise<void> =>
      publish(texts(from).map((text) => anEvent({ topic: topics[0].name, key: `k${text}`, text })))

    const one = await join(await connect(), options)
    const polling = one.receive(1)
    const two = await join(await connect(), options)
    await publishFrom(0)
    await polling
    await one.leave()
    await publishFrom(40)
    const all = (): Set<string> => new Set([...one.texts(), ...two.texts()])
    for (let turn = 0; turn < 100 && all().size < 80; turn += 1) await two.poll()
    assert.deepEqual([...all()].toSorted(), [...texts(0), ...texts(40)].toSorted())
  },
})
