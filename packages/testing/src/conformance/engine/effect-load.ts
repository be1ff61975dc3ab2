import assert from 'node:assert/strict'
import { command, entity, on, service, type Store, system, systemCaller, WaybillError } from '@waybill/core'
import Type from 'typebox'
import { many } from '../store/fixtures.ts'
import { eventually, pause } from '../waiting.ts'
import { group } from './group.ts'
import { answerEvent, teller } from './small.ts'
import type { World } from './world.ts'

/** A service that acts on what it hears, and has a command of its own. */
function acting({ suffix }: World, act: (id: string) => Promise<unknown>) {
  const told = teller(suffix)
  const Acted = answerEvent('Acted', suffix)
  const Bumped = answerEvent('Bumped', suffix)
  const Account = entity('account', { bumps: 0, acted: 0 })
    .evolve(Bumped, (account) => ({ ...account, bumps: account.bumps + 1 }))
    .evolve(Acted, (account) => ({ ...account, acted: account.acted + 1 }))
  const bump = command('bump', {
    input: Type.Object({ id: Type.String() }),
    at: Account,
    id: ({ id }) => id,
    emits: [Bumped],
    decide: (_, { id }) => Bumped({ id, n: 0 }),
  })
  const accounts = service(`accounts-${suffix}`, {
    entities: [Account],
    commands: [bump],
    handlers: [
      on(told.Said)
        .at(Account, 'id')
        .effect((_, { id }) => act(id), { within: { seconds: 60 } })
        .emits(Acted)
        .decide((_, thing) => Acted(thing)),
    ],
  })
  return { ...told, Account, bump, accounts, system: system(`acting-${suffix}`, [told.telling, accounts]) }
}

/** A store that cannot tell what is due while `isAway`. */
function forgetful(state: { isAway: boolean }): (store: Store) => Store {
  return (store) => ({
    ...store,
    due: (...args) =>
      state.isAway
        ? Promise.reject(new WaybillError('STORE_UNAVAILABLE', 'It is away.'))
        : store.due(...args),
  })
}

/** A store that says when an event is set aside, and commits that a little later. */
function endingWhenParked(end: () => void): (store: Store) => Store {
  return (store) => ({
    ...store,
    transact: (need, decide) =>
      store.transact(need, async (loaded, more) => {
        const write = await decide(loaded, more)
        if (write.park.length > 0) {
          end()
          await pause(20)
        }
        return write
      }),
  })
}

export const effectLoad = group('effects under load', {
  'many that are slow keep no command waiting': async (world) => {
    let running = 0
    const it = acting(world, async () => {
      running += 1
      await pause(1_500)
    })
    const process = await world.run(it.system)
    await Promise.all(many(40, (n) => it.tell(process, `k${n}`)))
    await eventually('they are under way', () => running === 40)
    const startedAt = performance.now()
    await process.engine(it.accounts).submit(it.bump, { id: 'other' }, { caller: systemCaller })
    const ms = performance.now() - startedAt
    assert.ok(ms < 900, `the command took ${ms} ms`)
    for (const id of many(40, (n) => `k${n}`)) {
      await eventually(
        `${id} is done`,
        async () => (await process.state(it.accounts, it.Account, id)).acted === 1,
      )
    }
  },

  'no more are under way than are allowed, and each has its turn': async (world) => {
    let running = 0
    let most = 0
    const it = acting(world, async () => {
      running += 1
      most = Math.max(most, running)
      await pause(1_400)
      running -= 1
    })
    const process = await world.run(it.system)
    const ids = many(1_300, (n) => `k${n}`)
    await Promise.all(ids.map((id) => it.tell(process, id)))
    for (const id of ids) {
      await eventually(
        `${id} is done`,
        async () => (await process.state(it.accounts, it.Account, id)).acted === 1,
      )
    }
    assert.ok(most <= 1_000, `${most} at a time`)
  },

  'an answer stands though the entity changes all the time': async (world) => {
    const it = acting(world, () => pause(60))
    const process = await world.run(it.system)
    let isOver = false
    const bumping = (async () => {
      while (!isOver) {
        await process.engine(it.accounts).submit(it.bump, { id: 'a' }, { caller: systemCaller })
        await pause(10)
      }
    })()
    await it.tell(process, 'a')
    await eventually(
      'it is done',
      async () => (await process.state(it.accounts, it.Account, 'a')).acted === 1,
    ).finally(() => (isOver = true))
    await bumping
  },

  'that end while the store is away are taken up when it is back': async (world) => {
    const state = { isAway: false }
    const gate = Promise.withResolvers<void>()
    let ended = 0
    const it = acting(world, async () => {
      await gate.promise
      ended += 1
    })
    const process = await world.run(it.system, { store: forgetful(state) })
    await it.tell(process, 'a')
    const store = await world.look(it.accounts, it.system)
    await eventually('it is set aside', async () => (await store.parked(1)).length === 1)
    state.isAway = true
    gate.resolve()
    await eventually('it has ended', () => ended === 1)
    await pause(100)
    state.isAway = false
    const startedAt = performance.now()
    await eventually(
      'it is done',
      async () => (await process.state(it.accounts, it.Account, 'a')).acted === 1,
    )
    // Without its being told, only the lease of the parked event would end the wait: after 20 seconds.
    assert.ok(performance.now() - startedAt < 5_000)
    assert.equal(ended, 1)
  },

  'that end while they are being set aside have not run in vain': async (world) => {
    const gate = Promise.withResolvers<void>()
    let ended = 0
    const it = acting(world, async () => {
      await gate.promise
      ended += 1
    })
    const store = endingWhenParked(gate.resolve)
    const process = await world.run(it.system, { store })
    await it.tell(process, 'a')
    await eventually(
      'it is done',
      async () => (await process.state(it.accounts, it.Account, 'a')).acted === 1,
    )
    assert.equal(ended, 1)
  },
})
