import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { after, afterEach, before, beforeEach, describe, it } from 'node:test'
import { setTimeout as pause } from 'node:timers/promises'
import { Admin } from '@platformatic/kafka'
import {
  command,
  createEngine,
  type Engine,
  entity,
  event,
  jsonCodec,
  noTelemetry,
  type Offset,
  on,
  service,
  type ServiceDef,
  type Store,
  system,
  systemCaller,
  topic,
} from '@waybill/core'
import { createPostgresStore, openPostgres, schemaOf } from '@waybill/postgres'
import { createSetup, sharedKafka, sharedPostgres, skipWithoutKafka } from '@waybill/servers'
import { realClock } from '@waybill/testing'
import Type from 'typebox'
import { createKafkaLog } from './kafka-log.ts'
import { storedPosition } from './stored-position.ts'

/** Some keys more than partitions, so that each partition has some. */
const keys = Array.from({ length: 12 }, (_, n) => `key ${n}`)
const Thing = Type.Object({ id: Type.String(), n: Type.Integer() })

/** One service says, the other one notes what it hears of each key, in the order in which it hears it. */
function hearsay(name: string) {
  const said = topic(`said-${name}`, { partitions: 4 })
  const Said = event('Said', { topic: said, key: 'id', data: Thing })
  const Saying = entity('saying', { last: 0 }).evolve(Said, (_, { n }) => ({ last: n }))
  const Heard = entity('heard', { seen: [] as readonly number[] }).evolve(Said, ({ seen }, { n }) => ({
    seen: [...seen, n],
  }))
  const say = command('say', {
    input: Thing,
    at: Saying,
    id: ({ id }) => id,
    emits: [Said],
    decide: (_, thing) => Said(thing),
  })
  const sayer = service(`sayer-${name}`, { entities: [Saying], commands: [say] })
  const hearer = service(`hearer-${name}`, {
    entities: [Heard],
    handlers: [on(Said).at(Heard, 'id').observe()],
  })
  return { said, say, sayer, hearer, Heard, system: system(`hearsay-${name}`, [sayer, hearer]) }
}

interface Process {
  readonly engine: Engine
  readonly store: Store
  stop(): Promise<void>
}

async function eventually(what: string, holds: () => Promise<boolean>): Promise<void> {
  for (const until = performance.now() + 60_000; !(await holds()); await pause(20)) {
    assert.ok(performance.now() < until, `it did not happen: ${what}`)
  }
}

describe(
  'An engine whose topic is not what it was',
  { skip: await skipWithoutKafka(), timeout: 240_000 },
  () => {
    const setup = createSetup()
    let broker: string
    let url: string
    let admin: Admin
    let its: ReturnType<typeof hearsay>
    let writer: Process
    let halted: string[]
    let troubles: string[]
    const running = new Set<Process>()

    /** The engine of one service in a process of its own. */
    async function start(def: ServiceDef): Promise<Process> {
      const database = openPostgres(url)
      const storeOf = (of: ServiceDef): Store =>
        createPostgresStore({ database, schema: schemaOf('public', of.name), service: of.name })
      const [store, sayers] = [storeOf(def), storeOf(its.sayer)]
      await store.open(def)
      const instance = randomUUID()
      const log = createKafkaLog({
        brokers: [broker],
        clientId: 'engine',
        system: its.system.name,
        instance,
        tables: () => [sayers],
        halted: ({ source, partition, cause }) => halted.push(`${source}/${partition} ${cause}`),
        retried: ({ cause }) => troubles.push(String(cause)),
      })
      if (def === its.sayer) {
        log.relay({ service: def.name, topics: [its.said], store, position: storedPosition(store) })
      }
      const engine = createEngine({
        system: its.system,
        service: def,
        store,
        log,
        codec: jsonCodec,
        clock: realClock,
        ids: { newId: () => randomUUID() },
        instance,
        ask: () => Promise.reject(new Error('nobody asks')),
        telemetry: {
          ...noTelemetry,
          halted: (report) => halted.push(JSON.stringify(report)),
          parked: (report) => halted.push(JSON.stringify(report)),
          retried: ({ cause }) => troubles.push(String(cause)),
        },
        crashed: (error) => halted.push(String(error)),
      })
      await engine.start()
      const process: Process = {
        engine,
        store,
        stop: async () => {
          if (!running.delete(process)) return
          await engine.stop()
          await log.close()
          await database.close()
        },
      }
      running.add(process)
      return process
    }

    /** Says the numbers to each key, in order. */
    async function say(from: number, to: number, of: readonly string[] = keys): Promise<void> {
      for (let n = from; n <= to; n += 1) {
        await Promise.all(of.map((id) => writer.engine.submit(its.say, { id, n }, { caller: systemCaller })))
      }
    }

    /** Waits until each key has heard as many, and checks that it heard them in order, each once. */
    async function heard({ engine }: Process, upTo: number, of: readonly string[] = keys): Promise<void> {
      const seen = (): Promise<readonly (readonly number[])[]> =>
        Promise.all(of.map(async (id) => (await engine.read.entity(its.Heard, id)).seen))
      await eventually(`all is heard up to ${upTo}`, async () =>
        (await seen()).every((one) => one.length >= upTo),
      ).catch(async (error: unknown) => {
        // What stood in the way.
        const [last, offsets] = [await seen(), await [...running].at(-1)!.store.offsets()]
        throw new Error(JSON.stringify({ last, offsets, troubles, halted }), { cause: error })
      })
      const expected = Array.from({ length: upTo }, (_, n) => n + 1)
      assert.deepEqual(
        await seen(),
        of.map(() => expected),
      )
    }

    const topicId = async (): Promise<string> =>
      (await admin.metadata({ topics: [its.said.name], forceUpdate: true })).topics.get(its.said.name)!.id

    async function ends(): Promise<readonly number[]> {
      const { name, partitions } = its.said
      const [found] = await admin.listOffsets({
        topics: [
          {
            name,
            partitions: Array.from({ length: partitions }, (_, n) => ({ partitionIndex: n, timestamp: -1n })),
          },
        ],
      })
      return found!.partitions
        .toSorted((a, b) => a.partitionIndex - b.partitionIndex)
        .map(({ offset }) => Number(offset))
    }

    const savedBy = async ({ store }: Process): Promise<readonly Offset[]> =>
      (await store.offsets())
        .filter(({ source }) => source === its.said.name)
        .toSorted((a, b) => a.partition - b.partition)

    /** All partitions are saved up to their ends, and as those of the topic that is there now. */
    async function savedToTheEnd(process: Process): Promise<void> {
      const id = await topicId()
      await eventually('all is saved with the mark of the topic', async () => {
        const [saved, reached] = [await savedBy(process), await ends()]
        return (
          saved.length === reached.length &&
          saved.every(({ next, mark }, n) => next === reached[n] && mark?.startsWith(`${id}:`) === true)
        )
      })
    }

    /** Waits until so many records are in the topic. */
    const published = (count: number): Promise<void> =>
      eventually('all is published', async () => (await ends()).reduce((a, b) => a + b) >= count)

    async function recreate(): Promise<void> {
      const before = await topicId()
      await admin.deleteTopics({ topics: [its.said.name] })
      const topics = createKafkaLog({ brokers: [broker], clientId: 'test', system: its.system.name })
      await eventually('it is deleted', async () => !(await admin.listTopics()).includes(its.said.name))
      await topics.ensureTopics([its.said])
      await topics.close()
      assert.notEqual(await topicId(), before)
    }

    before(async () => {
      ;[{ address: broker }, { url }] = await setup.start(sharedKafka, sharedPostgres)
      admin = new Admin({ clientId: 'test', bootstrapBrokers: [broker] })
      setup.with(admin, () => admin.close())
    })

    after(setup.end)

    beforeEach(async () => {
      its = hearsay(randomUUID().slice(0, 8))
      halted = []
      troubles = []
      const topics = createKafkaLog({ brokers: [broker], clientId: 'test', system: its.system.name })
      await topics.ensureTopics([its.said])
      await topics.close()
      writer = await start(its.sayer)
    })

    afterEach(async () => {
      await Promise.all([...running].map((process) => process.stop()))
    })

    it('handles all once and in order when it is made anew while one of two processes is away', async () => {
      const [stays, goes] = [await start(its.hearer), await start(its.hearer)]
      await say(1, 5)
      await heard(stays, 5)
      await goes.stop()
      await say(6, 8)
      await recreate()
      await say(9, 12)
      await heard(stays, 12)
      const comes = await start(its.hearer)
      await say(13, 15)
      await heard(comes, 15)
      await savedToTheEnd(comes)
      assert.match(troubles.join(), /another topic of that name/)
      assert.deepEqual(halted, [])
    })

    it('does so when it was made anew, and has outgrown what was read, while all were away', async () => {
      const first = [await start(its.hearer), await start(its.hearer)] as const
      await say(1, 3)
      await heard(first[0], 3)
      await Promise.all(first.map((process) => process.stop()))
      await say(4, 6)
      await published(6 * keys.length)
      await recreate()
      await say(7, 12)
      await published(6 * keys.length)
      const [second] = [await start(its.hearer), await start(its.hearer)]
      await heard(second, 12)
      await say(13, 14)
      await heard(second, 14)
      await savedToTheEnd(second)
      assert.deepEqual(halted, [])
    })

    it('does so where nothing of a partition had come before it was made anew', async () => {
      const [one, ...others] = keys as [string, ...string[]]
      const first = await start(its.hearer)
      await say(1, 1, [one])
      await heard(first, 1, [one])
      await eventually('it is saved of which topic all are', async () => (await savedBy(first)).length === 4)
      await first.stop()
      await say(1, 2, others)
      await published(1 + 2 * others.length)
      await recreate()
      await say(2, 3, [one])
      await say(3, 3, others)
      const second = await start(its.hearer)
      await heard(second, 3)
      await savedToTheEnd(second)
      assert.deepEqual(halted, [])
    })

    it('reads on from one that is made anew twice, and is empty each time', async () => {
      const member = await start(its.hearer)
      await say(1, 2)
      await heard(member, 2)
      for (let turn = 0; turn < 2; turn += 1) {
        await recreate()
        await savedToTheEnd(member)
      }
      assert.deepEqual(
        (await savedBy(member)).map(({ next }) => next),
        [0, 0, 0, 0],
      )
      await say(3, 4)
      await heard(member, 4)
      await savedToTheEnd(member)
      assert.deepEqual(halted, [])
    })

    it('handles all once and in order when retention has cut off what it had yet to read', async () => {
      const first = await start(its.hearer)
      await say(1, 3)
      await heard(first, 3)
      await first.stop()
      await say(4, 8)
      await published(8 * keys.length)
      const partitions = (await ends()).map((end, partition) => ({
        partition,
        offset: BigInt(Math.max(0, end - 1)),
      }))
      await admin.deleteRecords({ topics: [{ name: its.said.name, partitions }] })
      const [second] = [await start(its.hearer), await start(its.hearer)]
      await heard(second, 8)
      await say(9, 10)
      await heard(second, 10)
      await savedToTheEnd(second)
      assert.match(troubles.join(), /it begins at/)
      assert.deepEqual(halted, [])
    })
  },
)
