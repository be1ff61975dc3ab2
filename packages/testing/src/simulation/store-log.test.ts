import assert from 'node:assert/strict'
import { beforeEach, describe, it } from 'node:test'
import {
  type Log,
  memoryData,
  memoryStore,
  type Message,
  type Offset,
  type Store,
  storeLog,
  type Subscription,
  topic,
} from '@waybill/core'
import { anEvent, many, write } from '../conformance/store/fixtures.ts'
import { idle, type VirtualClock, virtualClock } from './virtual-clock.ts'

const topics = [topic('news')]
const services = ['a', 'b']
const keys = many(100, (n) => `key ${n}`)

/** A process of the service `reader`: it reads all the time, and saves what it has read when it is told to. */
interface Process {
  readonly got: Message[]
  /** The partitions that it has got something of, each with its service. */
  partitions(): readonly string[]
  save(): void
  end(): Promise<void>
}

const all = services.flatMap((name) => many(8, (n) => `${name}/news/${n}`))

function assertDivided(processes: readonly Process[], sizes: readonly number[]): void {
  const parts = processes.map((process) => process.partitions())
  assert.deepEqual(parts.flat().sort(), all)
  assert.deepEqual(
    parts.map(({ length }) => length).sort((a, b) => a - b),
    sizes,
  )
}

describe('The store as log, divided among processes', () => {
  let clock: VirtualClock
  let stores: ReadonlyMap<string, Store>
  let leases: Store
  let saved: Map<string, Offset>
  let logs: Log[]

  beforeEach(() => {
    clock = virtualClock()
    stores = new Map(services.map((name) => [name, memoryStore(name)]))
    leases = memoryStore('reader', memoryData(clock))
    saved = new Map()
    logs = []
  })

  async function publish(): Promise<void> {
    for (const store of stores.values()) {
      await write(store, { events: keys.map((key) => anEvent({ topic: 'news', key })) })
    }
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
      from: (source, partition) => Promise.resolve(saved.get(`${source}/${partition}`)),
      sharing: { instance, leases },
    })
    let isOver = false
    const reading = (async () => {
      while (!isOver) got.push(...(await subscription.poll(1_000)).messages)
    })()
    await idle()
    return {
      got,
      partitions: () => [...new Set(got.map(({ source, partition }) => `${source}/${partition}`))].sort(),
      save: () => {
        const offsets = got
          .splice(0)
          .map(({ source, partition, position }) => ({ source, partition, next: position + 1 }))
        for (const offset of offsets) saved.set(`${offset.source}/${offset.partition}`, offset)
        subscription.saved!(offsets)
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
    assert.deepEqual(one.partitions(), all)
    assert.equal(one.got.length, services.length * keys.length)
    assert.equal(clock.now(), startedAt)
    await one.end()
  })

  it('goes to the next one in equal parts of each service, after what is in hand is saved', async () => {
    const one = await start('one')
    await publish()
    const two = await start('two')
    await clock.advance(10_000)
    const before = one.got.length
    await publish()
    assert.deepEqual(two.got, [], 'nothing while it is in another hand')
    const more = one.got.slice(before)
    assert.ok(more.length > 0)
    assert.ok(more.length < services.length * keys.length, 'of what is to leave nothing more is read')

    one.save()
    await clock.advance(2_000)
    assert.deepEqual(one.partitions(), [])
    assert.deepEqual(
      two.partitions(),
      all.filter((name) => Number(name.split('/')[2]) >= 4),
    )
    assert.equal(
      two.got.length + more.length,
      services.length * keys.length,
      'it goes on where one has saved',
    )
    two.save()
    await publish()
    assertDivided([one, two], [8, 8])
    await Promise.all([one.end(), two.end()])
  })

  it('comes back when the other one ends', async () => {
    const [one, two] = [await start('one'), await start('two')]
    await clock.advance(3_000)
    await publish()
    assertDivided([one, two], [8, 8])
    const others = two.partitions()
    one.save()
    await two.end()
    await clock.advance(1_000)
    assert.deepEqual(one.partitions(), others, 'what the other one had not saved comes again')
    one.save()
    await publish()
    assert.deepEqual(one.partitions(), all)
    await one.end()
  })

  it('is read by a third process as well, in parts as equal as can be', async () => {
    const processes = [await start('one'), await start('two'), await start('three')]
    await clock.advance(5_000)
    await publish()
    assertDivided(processes, [5, 5, 6])
    await Promise.all(processes.map((process) => process.end()))
  })

  it('is saved now and then also where it has no event', async () => {
    const other = memoryStore('other')
    const log = storeLog({ stores: new Map([['other', other]]), clock })
    const subscription = await log.subscribe({ group: 'g', topics, from: () => Promise.resolve(undefined) })
    const events = many(1_200, () => anEvent({ topic: 'news', key: 'the only one' }))
    await write(other, { events })
    const reached = new Map<number, number>()
    for (let left = events.length; left > 0;) {
      const { messages, next } = await subscription.poll(1_000)
      left -= messages.length
      for (const one of next) reached.set(one.partition, one.next)
    }
    assert.deepEqual(
      [...reached.values()].sort((a, b) => a - b),
      [...many(7, () => 1_001), 1_201],
    )
    await subscription.close()
  })

  it('looks for what others commit, however much there is to read all the time', async () => {
    const [near, far] = [memoryStore('near'), memoryStore('far')]
    const both = new Map([near, far].map((store) => [store.service, store]))
    const log = storeLog({ stores: both, clock, lookEveryMs: 20 })
    const subscription = await log.subscribe({ group: 'g', topics, from: () => Promise.resolve(undefined) })
    const sources: string[] = []
    for (let turn = 0; turn < 20; turn += 1) {
      await write(near, { events: [anEvent({ topic: 'news' })] })
      log.committed('near', new Set(['news']))
      // Of another process: nobody rings.
      if (turn === 3) await write(far, { events: [anEvent({ topic: 'news' })] })
      const { messages } = await subscription.poll(1_000)
      sources.push(...messages.map(({ source }) => source))
      await clock.advance(5)
    }
    assert.ok(sources.includes('far/news'), sources.join())
    await subscription.close()
  })

  it('asks once a second, and not at all when no other process is known', async () => {
    let asked = 0
    const counted: Store = { ...leases, share: (ask) => ((asked += 1), leases.share(ask)) }
    const log = storeLog({ stores, clock })
    const join = (instance?: string): Promise<Subscription> =>
      log.subscribe({
        group: 'reader',
        topics,
        from: () => Promise.resolve(undefined),
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
