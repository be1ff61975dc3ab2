import assert from 'node:assert/strict'
import { many } from '../store/fixtures.ts'
import { eventually, pause } from '../waiting.ts'
import { group } from './group.ts'
import type { World } from './world.ts'

/** Lets every order be cancelled after a while, as its payment never comes. */
function neverPaid({ flow }: World, overdueMs: number): void {
  flow.controls.overdueMs = overdueMs
  flow.controls.chargeLimits = { attempt: { seconds: 1 } }
  flow.controls.charge = () => new Promise<string>(() => {})
}

export const deadlines = group('deadlines', {
  'fire when they are due, not before': async (world) => {
    neverPaid(world, 250)
    const process = await world.start()
    const id = world.newId()
    const placedAt = world.clock.now()
    await process.place(id)
    await process.settled(id)
    assert.equal((await process.order(id)).status, 'CANCELLED')
    const history = await (await world.look(world.flow.services.order)).history(`order/${id}`)
    const fired = history.find(({ type }) => type === 'Overdue')!
    assert.ok(fired.at - placedAt >= 250, 'its time is when it fired')
    const types = history.map(({ type }) => type).filter((type) => type === 'Overdue' || type === 'Cancelled')
    assert.deepEqual(types, ['Overdue', 'Cancelled'])
  },

  'that are no longer needed change nothing': async (world) => {
    const process = await world.start()
    // Once more with more time where the payment comes too late.
    for (let overdueMs = 200; ; overdueMs *= 2) {
      assert.ok(overdueMs < 30_000, 'a payment comes in time')
      world.flow.controls.overdueMs = overdueMs
      const id = world.newId()
      await process.place(id)
      await eventually('the deadline fires', async () => (await process.order(id)).seen.includes('Overdue'))
      const { status, seen } = await process.order(id)
      if (seen.indexOf('Paid') === -1 || seen.indexOf('Paid') > seen.indexOf('Overdue')) continue
      assert.equal(status, 'PAID')
      break
    }
  },

  'outlive their process': async (world) => {
    neverPaid(world, 300)
    const first = await world.start()
    const ids = many(5, world.newId)
    await Promise.all(ids.map((id) => first.place(id)))
    await first.stop()
    await pause(300)
    const second = await world.start()
    await second.settled(...ids)
    for (const id of ids) {
      const { seen } = await second.order(id)
      assert.equal(seen.filter((type) => type === 'Overdue').length, 1)
    }
  },

  'fire once, though several processes wait for them': {
    needs: ['processes'],
    run: async (world) => {
      neverPaid(world, 300)
      const processes = [await world.start(), await world.start()]
      const ids = many(10, world.newId)
      await Promise.all(ids.map((id) => processes[0]!.place(id)))
      await processes[0]!.settled(...ids)
      await pause(200)
      for (const id of ids) {
        const { status, seen } = await processes[1]!.order(id)
        const count = (wanted: string): number => seen.filter((type) => type === wanted).length
        assert.deepEqual([status, count('Overdue'), count('Cancelled')], ['CANCELLED', 1, 1])
      }
    },
  },
})
