import assert from 'node:assert/strict'
import { hasCode, type Store } from '@waybill/core'
import { many } from '../store/fixtures.ts'
import { eventually } from '../waiting.ts'
import { group } from './context.ts'
import { assertChargedOnce, assertPaidOnce, countCharges } from './once.ts'
import { repeatingLog } from './repeating-log.ts'

/** A store whose batches can be held up before they begin, as in a process that was suspended. */
function suspendable(service: string): {
  wrap(store: Store): Store
  suspend(): void
  resume(): void
  readonly isWaiting: boolean
} {
  let gate: Promise<void> | undefined
  let open = (): void => {}
  let waiting = 0
  return {
    suspend: () => (gate = new Promise((resolve) => (open = resolve))),
    resume: () => {
      gate = undefined
      open()
    },
    get isWaiting() {
      return waiting > 0
    },
    wrap: (store) => ({
      ...store,
      transact: async (need, decide) => {
        if (gate !== undefined && store.service === service) {
          waiting += 1
          await gate
        }
        return store.transact(need, decide)
      },
    }),
  }
}

export const owners = group('owners', {
  'a process that was suspended while another took over writes nothing': {
    needs: ['processes', 'overlap'],
    run: async (world) => {
      const { name } = world.flow.services.stock
      const gate = suspendable(name)
      const old = await world.start({ store: gate.wrap })
      const ids = many(3, world.newId)
      await old.place(ids[0]!)
      await old.settled(ids[0]!)

      gate.suspend()
      await old.place(ids[1]!)
      await eventually('the old owner has a batch in hand', () => gate.isWaiting)
      const young = await world.start()
      await young.settled(ids[1]!)
      gate.resume()
      await eventually('the old owner learns that it is one', () =>
        old.reports.retried.some(({ service, cause }) => service === name && hasCode(cause, 'OFFSETS_LOST')),
      )
      await young.stop()
      await old.place(ids[2]!)
      await assertPaidOnce(world, old, ids)
    },
  },

  'several processes at the same time lose nothing and do nothing twice': {
    needs: ['processes'],
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
