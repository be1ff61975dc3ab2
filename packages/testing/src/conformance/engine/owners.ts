import assert from 'node:assert/strict'
import { many } from '../store/fixtures.ts'
import { eventually } from '../waiting.ts'
import { group } from './group.ts'
import { assertChargedOnce, assertPaidOnce, countCharges } from './once.ts'
import { repeatingLog } from './repeating-log.ts'
import { halvedZombie } from './halved-zombie.ts'
import { takeOver } from './take-over.ts'

export const owners = group('owners', {
  'a process that was suspended while another took over writes nothing': {
    needs: ['processes', 'overlap'],
    alone: true,
    run: takeOver,
  },

  'nor when an error that nobody explains comes before it learns of that': {
    needs: ['processes', 'overlap'],
    alone: true,
    run: halvedZombie,
  },

  'several processes at the same time lose nothing and do nothing twice': {
    needs: ['processes'],
    run: async (world) => {
      const keys = countCharges(world)
      const processes = [await world.start(), await world.start(), await world.start()]
      const ids = many(60, world.newId)
      await Promise.all(ids.map((id, n) => processes[n % 3]!.place(id)))
      await assertPaidOnce(world, processes[0]!, ids)
      assertChargedOnce(keys, ids)
    },
  },

  'nor do they when each believes that it is alone': {
    needs: ['processes'],
    alone: true,
    run: async (world) => {
      const keys = countCharges(world)
      const processes = [await world.start(), await world.start()]
      const ids = many(60, world.newId)
      await Promise.all(ids.map((id, n) => processes[n % 2]!.place(id)))
      await assertPaidOnce(world, processes[0]!, ids)
      assertChargedOnce(keys, ids)
    },
  },

  'also when the log repeats': {
    needs: ['processes'],
    run: async (world) => {
      const processes = [await world.start({ log: repeatingLog }), await world.start({ log: repeatingLog })]
      const ids = many(40, world.newId)
      await Promise.all(ids.map((id, n) => processes[n % 2]!.place(id)))
      await assertPaidOnce(world, processes[1]!, ids)
    },
  },

  'a key keeps its order between processes': {
    needs: ['processes'],
    run: async (world) => {
      const processes = [await world.start(), await world.start()]
      for (let n = 0; n < 40; n += 1) await processes[n % 2]!.note('k', n)
      await eventually('all is read', async () => (await processes[0]!.notesRead('k')).length >= 40)
      assert.deepEqual(
        await processes[0]!.notesRead('k'),
        many(40, (n) => n),
      )
    },
  },
})
