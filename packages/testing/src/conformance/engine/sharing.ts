import assert from 'node:assert/strict'
import { messageOf } from '@waybill/core'
import { many } from '../store/fixtures.ts'
import { eventually } from '../waiting.ts'
import { group } from './group.ts'
import { life } from './life.ts'
import { assertChargedOnce, assertPaidOnce, countCharges } from './once.ts'
import { takeOver } from './take-over.ts'
import type { Process, World } from './world.ts'

/** How many events of other services a process has handled. */
function handled({ reports }: Process): number {
  return reports.batches.reduce((sum, { messages }) => sum + messages, 0)
}

/** An endless stream of orders and notes, through whichever process is asked. */
function stream(world: World) {
  const ids: string[] = []
  return {
    ids,
    /** Lets some more come. */
    flow: async (process: Process, count: number): Promise<void> => {
      for (let n = 0; n < count; n += 1) {
        const id = world.newId()
        ids.push(id)
        await Promise.all([process.place(id), process.note('k', ids.length - 1)])
      }
    },
    /** Fails unless everything was done once, and in order. */
    assertWhole: async (process: Process): Promise<void> => {
      await eventually('all is read', async () => (await process.notesRead('k')).length >= ids.length)
      assert.deepEqual(
        await process.notesRead('k'),
        many(ids.length, (n) => n),
      )
      await assertPaidOnce(world, process, ids)
    },
  }
}

/** Lets a stream flow through all of them until each has its part of the work. */
async function untilShared(
  { flow }: ReturnType<typeof stream>,
  processes: readonly Process[],
): Promise<void> {
  const before = processes.map(handled)
  await eventually('each has its part', async () => {
    for (const process of processes) await flow(process, 1)
    return processes.every((process, n) => handled(process) > before[n]!)
  })
}

export const sharing = group('sharing', {
  'each process that joins gets its part, and then they do not get in each other’s way': {
    needs: ['processes'],
    run: async (world) => {
      const processes = [await world.start()]
      const all = stream(world)
      await all.flow(processes[0]!, 5)
      for (let joining = 0; joining < 2; joining += 1) {
        processes.push(await world.start())
        await untilShared(all, processes)
      }
      const retried = processes.map(({ reports }) => reports.retried.length)
      for (const process of processes) await all.flow(process, 15)
      await all.assertWhole(processes[2]!)
      const since = processes.flatMap(({ reports }, n) => reports.retried.slice(retried[n]))
      // A machine that stood still may cost one or two.
      assert.ok(since.length < 4, since.map(({ cause }) => messageOf(cause)).join())
    },
  },

  'what a process leaves another takes up': {
    needs: ['processes'],
    run: async (world) => {
      const [first, second] = [await world.start(), await world.start()]
      const all = stream(world)
      await untilShared(all, [first, second])
      const leaving = all.flow(second, 20)
      await first.stop()
      await leaving
      await all.flow(second, 5)
      await all.assertWhole(second)
    },
  },

  'so it does when it is killed': {
    needs: ['processes'],
    run: async (world) => {
      const keys = countCharges(world)
      const mortal = life()
      const [first, second] = [await world.start(mortal), await world.start()]
      const all = stream(world)
      await untilShared(all, [first, second])
      const flowing = all.flow(second, 20)
      mortal.end()
      await flowing
      await all.flow(second, 5)
      await all.assertWhole(second)
      assertChargedOnce(keys, all.ids)
    },
  },

  'what a suspended process had another takes up, and that one writes nothing when it wakes': {
    needs: ['processes', 'overlap'],
    run: takeOver,
  },
})
