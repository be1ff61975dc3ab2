import assert from 'node:assert/strict'
import {
  command,
  entity,
  event,
  service,
  type Submitted,
  system,
  systemCaller,
  view,
  needNothing,
} from '@waybill/core'
import Type from 'typebox'
import type { Engines } from './engines.ts'
import { group } from './group.ts'
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
