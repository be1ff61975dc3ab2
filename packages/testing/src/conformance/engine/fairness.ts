import assert from 'node:assert/strict'
import {
  type Clock,
  command,
  entity,
  hasCode,
  internal,
  later,
  on,
  service,
  type Store,
  system,
  systemCaller,
  WaybillError,
} from '@waybill/core'
import Type from 'typebox'
import { many } from '../store/fixtures.ts'
import { eventually, pause, within } from '../waiting.ts'
import { group } from './group.ts'
import { answerEvent, teller } from './small.ts'
import type { World } from './world.ts'

/** A service that answers what it hears, and the one that told it, which hears the answers. */
function echo({ suffix }: World) {
  const told = teller(suffix)
  const Echoed = answerEvent('Echoed', suffix)
  const Echo = entity('echo', { count: 0 })
  const Heard = entity('heard', { count: 0 }).evolve(Echoed, ({ count }) => ({ count: count + 1 }))
  const echoing = service(`echo-${suffix}`, {
    entities: [Echo],
    handlers: [
      on(told.Said)
        .at(Echo, 'id')
        .emits(Echoed)
        .decide((_, thing) => Echoed(thing)),
    ],
  })
  const telling = service(told.telling.name, {
    entities: [...told.telling.entities, Heard],
    commands: told.telling.commands,
    handlers: [on(Echoed).at(Heard, 'id').observe()],
  })
  return { ...told, telling, Heard, echoing, system: system(`echo-${suffix}`, [telling, echoing]) }
}

/** Every batch of a service takes so long. */
function slow(service: string, ms: number): (store: Store) => Store {
  return (store) =>
    store.service !== service
      ? store
      : {
          ...store,
          transact: async (...args) => {
            await pause(ms)
            return store.transact(...args)
          },
        }
}

export const fairness = group('fairness', {
  'commands that keep coming do not keep events from being handled': async (world) => {
    const it = echo(world)
    const process = await world.run(it.system, { store: slow(it.telling.name, 20) })
    let n = 0
    let isOver = false
    const clients = many(2_500, async () => {
      while (!isOver) await it.tell(process, `k${n++}`).catch(() => {})
    })
    const count = (kind: 'commands' | 'messages'): number =>
      process.reports.batches
        .filter(({ service }) => service === it.telling.name)
        .reduce((sum, batch) => sum + batch[kind], 0)
    await eventually(
      'events are handled while commands keep coming',
      () => count('messages') > 1_000,
    ).finally(() => (isOver = true))
    await Promise.all(clients)
    assert.ok(count('commands') > 1_000)
  },

  'a deadline does not wait behind an event that cannot be handled': async (world) => {
    const { suffix } = world
    const told = teller(suffix)
    const Input = Type.Object({ id: Type.String() })
    const Overdue = internal('Overdue', { data: Input })
    const Opened = answerEvent('Opened', suffix)
    const Closed = answerEvent('Closed', suffix)
    const Case = entity('case', { status: 'NONE' })
      .evolve(Opened, () => ({ status: 'OPEN' }))
      .evolve(Closed, () => ({ status: 'CLOSED' }))
    const open = command('open', {
      input: Input,
      at: Case,
      id: ({ id }) => id,
      emits: [Opened, Overdue],
      decide: (_, { id }) => [Opened({ id, n: 0 }), later({ ms: 400 }, Overdue({ id }))],
    })
    const opening = service(`opening-${suffix}`, {
      entities: [Case],
      commands: [open],
      handlers: [
        on(told.Said)
          .at(Case, 'id')
          .emits(Closed)
          .decide(() => {
            throw new Error('never')
          }),
        on(Overdue)
          .at(Case, 'id')
          .emits(Closed)
          .decide(({ status }, { id }) => (status === 'OPEN' ? Closed({ id, n: 1 }) : undefined)),
      ],
    })
    const it = system(`opening-${suffix}`, [told.telling, opening])
    const process = await world.run(it)
    await process.engine(opening).submit(open, { id: 'a' }, { caller: systemCaller })
    await told.tell(process, 'a')
    await eventually('the event is set aside', () => process.reports.parked.length > 0)
    await eventually(
      'the case is closed',
      async () => (await process.state(opening, Case, 'a')).status === 'CLOSED',
    )
  },

  'a key that is free again catches up in runs': async (world) => {
    const { suffix } = world
    const told = teller(suffix)
    const Read = answerEvent('Read', suffix)
    let isBroken = true
    const Page = entity('page', { read: [] as readonly number[] }).evolve(Read, ({ read }, { n }) => ({
      read: [...read, n],
    }))
    const reading = service(`reading-${suffix}`, {
      entities: [Page],
      handlers: [
        on(told.Said)
          .at(Page, 'id')
          .emits(Read)
          .decide((_, thing) => {
            if (isBroken) throw new Error('not yet')
            return Read(thing)
          }),
      ],
    })
    const it = system(`reading-${suffix}`, [told.telling, reading])
    const process = await world.run(it)
    const numbers = many(300, (n) => n)
    for (const n of numbers) void told.tell(process, 'hot', n)
    const store = await world.look(reading, it)
    await eventually('all are set aside', async () => (await store.parked(1_000)).length === numbers.length)
    isBroken = false
    const before = process.reports.batches.filter(({ service }) => service === reading.name).length
    await eventually(
      'all are read',
      async () => (await process.state(reading, Page, 'hot')).read.length === 300,
    )
    assert.deepEqual((await process.state(reading, Page, 'hot')).read, numbers)
    const after = process.reports.batches.filter(({ service }) => service === reading.name).length
    assert.ok(after - before <= 20, `${after - before} batches for 300 events`)
    assert.deepEqual(await store.parked(10), [])
  },

  'a command whose batch cannot be committed is refused in time, also one that is still in the queue': async (
    world,
  ) => {
    const { suffix, clock } = world
    const told = teller(suffix)
    const it = system(`away-${suffix}`, [told.telling])
    let isAway = false
    // Time goes ten times as fast while the store is away: five seconds are half a second.
    let [awaySince, gained] = [0, 0]
    const fast: Clock = {
      now: () => clock.now(),
      monotonic: () => clock.monotonic() + gained + (isAway ? 9 * (clock.monotonic() - awaySince) : 0),
      timer: (ms, fire) => clock.timer(isAway ? ms / 10 : ms, fire),
    }
    let release = (): void => {}
    const held = new Promise<void>((resolve) => (release = resolve))
    const process = await world.run(it, {
      clock: fast,
      store: (store) => ({
        ...store,
        transact: async (...args) => {
          if (!isAway) return store.transact(...args)
          await held
          throw new WaybillError('STORE_UNAVAILABLE', 'It is away.')
        },
      }),
    })
    await told.tell(process, 'first')
    awaySince = clock.monotonic()
    isAway = true
    const inHand = told.tell(process, 'in hand').catch((error: unknown) => error)
    await pause(100)
    // The store still says nothing.
    const error = await within('an answer', told.tell(process, 'in the queue'))
      .catch((cause: unknown) => cause)
      .finally(release)
    assert.ok(hasCode(error, 'OVERLOADED') || hasCode(error, 'STORE_UNAVAILABLE'), String(error))
    assert.ok(hasCode(await inHand, 'STORE_UNAVAILABLE'))
    gained = 9 * (clock.monotonic() - awaySince)
    isAway = false
    assert.equal((await told.tell(process, 'last')).refused, false)
    assert.deepEqual(await process.state(told.telling, told.Telling, 'in the queue'), { count: 0 })
  },
})
