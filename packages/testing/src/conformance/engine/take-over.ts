import { hasCode, type Store } from '@waybill/core'
import { many } from '../store/fixtures.ts'
import { eventually } from '../waiting.ts'
import { assertPaidOnce } from './once.ts'
import type { World } from './world.ts'

/** A store that can be held up, as in a process that was suspended. */
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
      share: async (ask) => {
        await gate
        return store.share(ask)
      },
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

/** One process is suspended with a batch in hand, another takes over, and the first wakes up. */
export async function takeOver(world: World): Promise<void> {
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
  await young.settled(ids[1]!).finally(gate.resume)
  await eventually('the old owner learns that it is one', () =>
    old.reports.retried.some(({ service, cause }) => service === name && hasCode(cause, 'OFFSETS_LOST')),
  )
  await young.stop()
  await old.place(ids[2]!)
  await assertPaidOnce(world, old, ids)
}
