import assert from 'node:assert/strict'
import type { Store } from '@waybill/core'
import { entity, on, service, system } from '@waybill/core'
import { many } from '../store/fixtures.ts'
import { eventually, pause } from '../waiting.ts'
import { teller } from './small.ts'
import type { World } from './world.ts'

/**
 * A process is suspended with a batch in hand, and another one handles that meanwhile. When it wakes up, the store fails
 * in a way that nobody explains: so the batch goes in halves, and only the first half learns that it has come too late.
 */
export async function halvedZombie(world: World): Promise<void> {
  const { suffix } = world
  const told = teller(suffix)
  const Heard = entity('heard', { count: 0 }).evolve(told.Said, ({ count }) => ({ count: count + 1 }))
  const hearing = service(`hearing-${suffix}`, {
    entities: [Heard],
    handlers: [on(told.Said).at(Heard, 'id').observe()],
  })
  const it = system(`hearing-${suffix}`, [told.telling, hearing])
  const ids = many(8, (n) => `k${n}`)
  const writer = await world.run(it, {}, [told.telling])
  for (const id of ids) await told.tell(writer, id)

  let wake = (): void => {}
  let isSuspended = false
  const woken = new Promise<void>((resolve) => (wake = resolve))
  const suspend = (store: Store): Store => ({
    ...store,
    transact: async (...args) => {
      if (isSuspended) return store.transact(...args)
      isSuspended = true
      await woken
      throw new Error('nobody knows why')
    },
  })
  const zombie = await world.run(it, { store: suspend }, [hearing])
  await eventually('it has a batch in hand', () => isSuspended)
  const owner = await world.run(it, {}, [hearing])
  try {
    for (const id of ids) {
      await eventually(`${id} is handled`, async () => (await owner.state(hearing, Heard, id)).count === 1)
    }
  } finally {
    wake()
  }
  await eventually('the zombie learns what it is', () => zombie.reports.retried.length > 0)
  await told.tell(writer, 'last')
  await eventually(
    'the last one is handled',
    async () => (await owner.state(hearing, Heard, 'last')).count === 1,
  )
  await pause(300)
  for (const id of [...ids, 'last']) {
    assert.deepEqual(await owner.state(hearing, Heard, id), { count: 1 }, id)
  }
  assert.ok(zombie.reports.retried.length < 5, 'it does not try the same again and again')
}
