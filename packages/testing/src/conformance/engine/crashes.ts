import assert from 'node:assert/strict'
import { seededRandom } from '../../simulation/seeded-random.ts'
import { many } from '../store/fixtures.ts'
import { group } from './group.ts'
import { type Life, life } from './life.ts'
import { assertChargedOnce, assertPaidOnce, countCharges } from './once.ts'
import type { Process, World } from './world.ts'

/** Orders and waits for the end, as a client does that repeats what was not answered. */
async function place(process: Process, ids: readonly string[]): Promise<void> {
  await Promise.all(
    ids.map(async (id) => {
      await process.place(id, { idempotency: { slot: id, fingerprint: id } })
      await process.settled(id)
    }),
  )
}

/** Does the same in a process that may die at any moment; tells whether it has lived to the end of it. */
async function placeMortally(world: World, mortal: Life, ids: readonly string[]): Promise<boolean> {
  const placed = world.start(mortal).then((process) => place(process, ids))
  const isSurvived = await Promise.race([placed.then(() => true), mortal.ended.then(() => false)])
  mortal.end()
  return isSurvived
}

/** Fills the stock. */
async function begin(world: World): Promise<void> {
  const first = await world.start()
  await first.stop()
}

const commitsMax = 30

export const crashes = group('crashes', {
  'whichever commit a process dies at, everything happens exactly once': async (world) => {
    await begin(world)
    const keys = countCharges(world)
    const all: string[] = []
    for (const when of ['before', 'after'] as const) {
      let isSurvived = false
      for (let commit = 1; !isSurvived; commit += 1) {
        assert.ok(commit < commitsMax, 'a flow has an end')
        const ids = many(2, world.newId)
        all.push(...ids)
        isSurvived = await placeMortally(world, life({ commit, when }), ids)
        const next = await world.start()
        await place(next, ids)
        await next.stop()
      }
    }
    const last = await world.start()
    await assertPaidOnce(world, last, all)
    assertChargedOnce(keys, all)
  },

  'so under load, crash after crash': async (world) => {
    await begin(world)
    const keys = countCharges(world)
    const random = seededRandom(7)
    const ids = many(100, world.newId)
    for (let turn = 0; turn < 12; turn += 1) {
      const mortal = life({
        commit: 1 + Math.floor(random() * 8),
        when: random() < 0.5 ? 'before' : 'after',
      })
      await placeMortally(world, mortal, ids.slice(0, 8 * (turn + 1)))
    }
    const last = await world.start()
    await place(last, ids)
    await assertPaidOnce(world, last, ids)
    assertChargedOnce(keys, ids)
  },
})
