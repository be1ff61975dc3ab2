import assert from 'node:assert/strict'
import { beforeEach, describe, it } from 'node:test'
import {
  type Log,
  memoryData,
  memoryStore,
  type Message,
  type Store,
  storeLog,
  type Subscription,
  topic,
} from '@waybill/core'
import { anEvent, write } from '../conformance/store/fixtures.ts'
import { idle, type VirtualClock, virtualClock } from './virtual-clock.ts'

const topics = [topic('news')]
const services = ['a', 'b', 'c', 'd']

/** A process of the service `reader`: it reads all the time, and saves what it has read when it is told to. */
interface Process {
  readonly got: Message[]
  /** The services that it has got something of. */
  sources(): readonly string[]
  save(): void
  end(): Promise<void>
}

describe('The store as log, divided among processes', () => {
  let clock: VirtualClock
  let stores: ReadonlyMap<string, Store>
  let leases: Store
  let saved: Map<string, number>
  let logs: Log[]

  beforeEach(() => {
    clock = virtualClock()
    stores = new Map(services.map((name) => [name, memoryStore(name)]))
    leases = memoryStore('reader', memoryData(clock))
    saved = new Map()
    logs = []
  })

  async function publish(): Promise<void> {
    for (const store of stores.values()) await write(store, { events: [anEvent({ topic: 'news' })] })
    for (const log of logs) for (const name of services) log.committed(name, new Set(['news']))
    await idle()
  }

  async function start(instance: string): Promise<Process> {
    const got: Message[] = []
    const log = storeLog({ stores, clock })
    logs.push(log)
    const subscription: Subscription = await log.subscribe({
      group: 'reader',
      topics,
      from: (source) => Promise.resolve(saved.get(source) ?? 0),
      sharing: { instance, leases },
    })
    let isOver = false
    const reading = (async () => {
      while (!isOver) got.push(...(await subscription.poll(10)).messages)
    })()
    await idle()
    return {
      got,
      sources: () => [...new Set(got.map(({ source }) => source))].sort(),
      save: () => {
        for (const { source, position } of got.splice(0)) {
          saved.set(source, Math.max(saved.get(source) ?? 0, position + 1))
        }
        subscription.saved!([...saved].map(([source, next]) => ({ source, partition: 0, next })))
      },
      end: async () => {
        isOver = true
        await subscription.close()
        await reading
      },
    }
  }

  it('is the first process’s as a whole, at once', async () => {
    await publish()
    const startedAt = clock.now()
    const one = await start('one')
    assert.deepEqual(one.sources(), services)
    assert.equal(clock.now(), startedAt)
    await one.end()
  })

  it('goes to the next one in equal parts, after what is in hand is saved', async () => {
    const one = await start('one')
    await publish()
    const two = await start('two')
    await clock.advance(10_000)
    await publish()
    assert.deepEqual(two.got, [], 'nothing while it is in another hand')
    assert.equal(one.got.length, 6, 'of what is to leave nothing more is read')

    one.save()
    await clock.advance(2_000)
    assert.deepEqual([one.sources(), two.sources()], [[], ['c', 'd']])
    assert.equal(two.got.length, 2, 'it goes on where the other one has saved')
    two.save()
    await publish()
    assert.deepEqual(
      [one.sources(), two.sources()],
      [
        ['a', 'b'],
        ['c', 'd'],
      ],
    )
    await Promise.all([one.end(), two.end()])
  })

  it('comes back when the other one ends', async () => {
    const [one, two] = [await start('one'), await start('two')]
    await clock.advance(3_000)
    await publish()
    assert.deepEqual(
      [one.sources(), two.sources()],
      [
        ['a', 'b'],
        ['c', 'd'],
      ],
    )
    one.save()
    await two.end()
    await clock.advance(1_000)
    assert.deepEqual(one.sources(), ['c', 'd'], 'what the other one had not saved comes again')
    one.save()
    await publish()
    assert.deepEqual(one.sources(), services)
    await one.end()
  })

  it('is read by a third process as well, in parts as equal as can be', async () => {
    const processes = [await start('one'), await start('two'), await start('three')]
    await clock.advance(5_000)
    await publish()
    const parts = processes.map((process) => process.sources())
    assert.deepEqual(parts.flat().sort(), services)
    assert.deepEqual(
      parts.map(({ length }) => length).sort((a, b) => a - b),
      [1, 1, 2],
    )
    await Promise.all(processes.map((process) => process.end()))
  })

  it('asks once a second, and not at all when no other process is known', async () => {
    let asked = 0
    const counted: Store = { ...leases, share: (ask) => ((asked += 1), leases.share(ask)) }
    const log = storeLog({ stores, clock })
    const join = (instance?: string): Promise<Subscription> =>
      log.subscribe({
        group: 'reader',
        topics,
        from: () => Promise.resolve(0),
        sharing: instance === undefined ? undefined : { instance, leases: counted },
      })
    const alone = await join()
    await clock.advance(10_000)
    assert.equal(asked, 0)
    await alone.close()
    const shared = await join('one')
    await clock.advance(10_500)
    assert.equal(asked, 11)
    await shared.close()
    assert.equal(clock.nextTimer(), undefined, 'nothing goes on after it')
  })
})
