import assert from 'node:assert/strict'
import {
  command,
  entity,
  event,
  internal,
  on,
  service,
  type Submitted,
  system,
  systemCaller,
  view,
  needNothing,
} from '@waybill/core'
import Type from 'typebox'
import { eventually } from '../waiting.ts'
import type { Engines } from './engines.ts'
import { group } from './group.ts'
import { teller } from './small.ts'
import type { World } from './world.ts'

const data = Type.Object({ id: Type.String(), n: Type.Integer() })

/** A counter in two definitions of which the newer one calls its field by another name. */
function versions({ suffix }: World) {
  const make = (field: 'count' | 'total') => {
    const Added = event('Added', { topic: `added-${suffix}`, key: 'id', data })
    const Counter = entity<Record<string, number>>('counter', { [field]: 0 }).evolve(
      Added,
      (state, { n }) => ({
        ...state,
        [field]: (state[field] ?? Number.NaN) + n,
      }),
    )
    const add = command('add', {
      input: data,
      at: Counter,
      id: ({ id }) => id,
      emits: [Added],
      decide: (_, input) => Added(input),
      output: Type.Object({ sum: Type.Number() }),
      reply: (state) => ({ sum: state[field] ?? -1 }),
    })
    const counting = service(`counting-${suffix}`, { entities: [Counter], commands: [add] })
    return { add, Counter, counting, system: system(`counts-${suffix}`, [counting]) }
  }
  return { old: make('count'), young: make('total') }
}

async function sumOf(
  { add, counting }: ReturnType<typeof versions>['old'],
  engines: Engines,
  id: string,
): Promise<number> {
  const answer = await engines.engine(counting).submit(add, { id, n: 1 }, { caller: systemCaller })
  assert.ok(!answer.refused)
  return answer.reply.sum
}

/** One that counts what it hears, in two definitions: the newer one does not fold what is below 0. */
function listeners({ suffix }: World) {
  const told = teller(suffix)
  const make = (isNew: boolean) => {
    const Heard = entity('heard', { count: 0 }).evolve(
      told.Said,
      isNew
        ? ({ count }, { n }) => {
            if (n < 0) throw new Error('it is below 0')
            return { count: count + 1 }
          }
        : ({ count }) => ({ count: count + 1 }),
    )
    const hearing = service(`hearing-${suffix}`, {
      entities: [Heard],
      handlers: [on(told.Said).at(Heard, 'id').observe()],
    })
    return { Heard, hearing, system: system(`hearing-${suffix}`, [told.telling, hearing]) }
  }
  return { ...told, old: make(false), young: make(true) }
}

/** A service whose states, rows and replies are whatever a case likes. */
function odd({ suffix }: World, made: { state?: unknown; row?: unknown; reply?: unknown }) {
  const Done = event('Done', { topic: `done-${suffix}`, key: 'id', data })
  const Thing = entity<unknown>('thing', {}).evolve(Done, () => ('state' in made ? made.state : {}))
  const row = Type.Object({ id: Type.String() })
  const seen = view(`seen-${suffix}`, { row, key: 'id' }).on(
    Done,
    (_, { id }) => ('row' in made ? made.row : { id }) as { id: string },
  )
  const act = command('act', {
    input: data,
    at: Thing,
    id: ({ id }) => id,
    emits: [Done],
    decide: (_, input) => Done(input),
    output: Type.Unknown(),
    reply: () => ('reply' in made ? made.reply : {}),
  })
  const doing = service(`doing-${suffix}`, { entities: [Thing], commands: [act], views: [seen] })
  return { act, doing, system: system(`odd-${suffix}`, [doing]) }
}

async function refused(world: World, made: Parameters<typeof odd>[1], message: RegExp): Promise<void> {
  const it = odd(world, made)
  const engines = await world.run(it.system)
  const sent: Promise<Submitted<unknown>> = engines
    .engine(it.doing)
    .submit(it.act, { id: 'a', n: 1 }, { caller: systemCaller })
  await assert.rejects(sent, { code: 'DECIDE_FAILED', message })
  const store = await world.look(it.doing, it.system)
  assert.deepEqual(await store.history('thing/a'), [])
}

export const states = group('states', {
  'a field that was renamed is in the states of before, too': async (world) => {
    const { old, young } = versions(world)
    const before = await world.run(old.system)
    for (const sum of [1, 2, 3]) assert.equal(await sumOf(old, before, 'a'), sum)
    const after = await world.run(young.system)
    const { read } = after.engine(young.counting)
    assert.deepEqual(await read.entity(young.Counter, 'a'), { total: 3 })
    assert.equal(await sumOf(young, after, 'a'), 4)
    const store = await world.look(young.counting, young.system)
    const { snapshots } = await store.load({ ...needNothing, subjects: ['counter/a'] })
    const { state, version } = snapshots.get('counter/a')!
    assert.deepEqual({ state, version }, { state: { total: 4 }, version: 4 })
  },

  'while both definitions run, each decides on states of its own': async (world) => {
    const { old, young } = versions(world)
    const [before, after] = [await world.run(old.system), await world.run(young.system)]
    for (let sum = 1; sum <= 12; sum += 2) {
      assert.equal(await sumOf(old, before, 'a'), sum)
      assert.equal(await sumOf(young, after, 'a'), sum + 1)
    }
  },

  'an event that only the newer definition knows is passed over by the older one': async (world) => {
    const { old, young } = versions(world)
    const Noted = internal('Noted', { data })
    const Counter = young.Counter.evolve(Noted, (state, { n }) => ({ ...state, noted: n }))
    const note = command('note', {
      input: data,
      at: Counter,
      id: ({ id }) => id,
      emits: [Noted],
      decide: (_, input) => Noted(input),
    })
    const { add } = young
    const counting = service(young.counting.name, {
      entities: [Counter],
      commands: [{ ...add, entity: Counter }, note],
    })
    const [before, after] = [
      await world.run(old.system),
      await world.run(system(young.system.name, [counting])),
    ]
    assert.equal(await sumOf(old, before, 'a'), 1)
    await after.engine(counting).submit(note, { id: 'a', n: 7 }, { caller: systemCaller })
    assert.equal(await sumOf(old, before, 'a'), 2)
    assert.deepEqual(await after.engine(counting).read.entity(Counter, 'a'), { total: 2, noted: 7 })
  },

  'a state that cannot be folded anew holds up its own key only': async (world) => {
    const { old, young, ...told } = listeners(world)
    const before = await world.run(old.system)
    const counts = (process: Engines, of: typeof old, id: string) => async (): Promise<number> =>
      (await process.state(of.hearing, of.Heard, id)).count
    await Promise.all([told.tell(before, 'bad', -1), told.tell(before, 'good', 1)])
    for (const id of ['bad', 'good']) {
      const count = counts(before, old, id)
      await eventually(`${id} is heard`, async () => (await count()) === 1)
    }
    await before.stop()

    const after = await world.run(young.system)
    await Promise.all(['bad', 'good', 'new'].map((id) => told.tell(after, id, 1)))
    for (const [id, count] of [
      ['good', 2],
      ['new', 1],
    ] as const) {
      await eventually(`${id} goes on`, async () => (await counts(after, young, id)()) === count)
    }
    const store = await world.look(young.hearing, young.system)
    await eventually('the other is set aside', async () => (await store.parked(10)).length === 1)
    const [parked] = await store.parked(10)
    assert.equal(`${parked!.event.key} ${parked!.error!.code}`, 'bad DECIDE_FAILED')
    await assert.rejects(counts(after, young, 'bad')(), { code: 'DECIDE_FAILED', message: /it is below 0/ })
    after.assertNoCrash()
  },

  'an evolve that changes the initial state in place is refused, and harms no other entity': async (
    world,
  ) => {
    const { suffix } = world
    const Added = event('Added', { topic: `added-${suffix}`, key: 'id', data })
    const List = entity('list', { items: [] as number[] }).evolve(Added, ({ items }, { n }) => {
      if (n < 0) items.push(n)
      return { items: [...items, n] }
    })
    const add = command('add', {
      input: data,
      at: List,
      id: ({ id }) => id,
      emits: [Added],
      decide: (_, input) => Added(input),
    })
    const listing = service(`listing-${suffix}`, { entities: [List], commands: [add] })
    const process = await world.run(system(`lists-${suffix}`, [listing]))
    const { submit, read } = process.engine(listing)
    await assert.rejects(submit(add, { id: 'a', n: -1 }, { caller: systemCaller }), {
      code: 'DECIDE_FAILED',
      message:
        /evolve of list by Added failed.*An evolve returns a new state and leaves the old one as it is/,
    })
    await submit(add, { id: 'b', n: 1 }, { caller: systemCaller })
    assert.deepEqual(await read.entity(List, 'b'), { items: [1] })
  },

  'a state that is no JSON is refused where it is made, with its place': (world) =>
    refused(
      world,
      { state: { lines: [{ at: new Date(0) }] } },
      /state of thing\/a after Done is not what JSON can hold: lines\[0\]\.at is a Date/,
    ),

  'so is one that is nothing': async (world) => {
    await refused(world, { state: undefined }, /it is undefined/)
  },

  'so is a row': (world) =>
    refused(world, { row: { id: 'a', sum: Number.NaN } }, /row a of the view .* sum is NaN/),

  'so is a reply': (world) => refused(world, { reply: { big: 1n } }, /reply of act .* big is a bigint/),
})
