import assert from 'node:assert/strict'
import {
  type Clock,
  command,
  entity,
  internal,
  later,
  on,
  service,
  system,
  systemCaller,
} from '@waybill/core'
import Type from 'typebox'
import { eventually, pause } from '../waiting.ts'
import { group } from './group.ts'
import { answerEvent, teller } from './small.ts'
import type { World } from './world.ts'

/** The clock of a machine on which somebody sets the time. */
function movable({ clock }: World): Clock & { shiftMs: number } {
  const moved = {
    shiftMs: 0,
    now: () => clock.now() + moved.shiftMs,
    monotonic: () => clock.monotonic(),
    timer: (ms: number, fire: () => void) => clock.timer(ms, fire),
  }
  return moved
}

const hourMs = 60 * 60 * 1_000
/** What a jump of a clock may delay. */
const delayMsMax = 1_000

/** A service that sets itself deadlines. */
function reminding({ suffix }: World) {
  const data = Type.Object({ id: Type.String() })
  const Due = internal('Due', { data })
  const Asked = answerEvent('Asked', suffix)
  const Reminder = entity('reminder', { fired: 0 })
    .evolve(Asked, (reminder) => reminder)
    .evolve(Due, ({ fired }) => ({ fired: fired + 1 }))
  const remind = command('remind', {
    input: data,
    at: Reminder,
    id: ({ id }) => id,
    emits: [Asked, Due],
    decide: (_, { id }) => [Asked({ id, n: 0 }), later({ ms: 500 }, Due({ id }))],
  })
  const reminders = service(`reminders-${suffix}`, { entities: [Reminder], commands: [remind] })
  return { Reminder, remind, reminders, system: system(`reminders-${suffix}`, [reminders]) }
}

export const clocks = group('clocks', {
  'a clock that is set back, or ahead, keeps nothing from being read': {
    needs: ['processes'],
    run: async (world) => {
      const { suffix } = world
      const told = teller(suffix)
      const Heard = entity('heard', { count: 0 }).evolve(told.Said, ({ count }) => ({ count: count + 1 }))
      const hearing = service(`hearing-${suffix}`, {
        entities: [Heard],
        handlers: [on(told.Said).at(Heard, 'id').observe()],
      })
      const it = system(`hearing-${suffix}`, [told.telling, hearing])
      const clock = movable(world)
      const writer = await world.run(it, {}, [told.telling])
      const reader = await world.run(it, { clock }, [hearing])
      for (const [n, shiftMs] of [hourMs, 0, hourMs, 0, hourMs, 0, -hourMs].entries()) {
        clock.shiftMs = shiftMs
        const id = `jump ${n}`
        await told.tell(writer, id)
        await eventually(`${id} is read`, async () => (await reader.state(hearing, Heard, id)).count === 1)
        // Each time at another moment for what looks once a second.
        await pause(700)
      }
    },
  },

  'a deadline is due when it was to be, whatever the clock of its process says': async (world) => {
    const it = reminding(world)
    const clock = movable(world)
    const process = await world.run(it.system, { clock })
    const fired = async (id: string): Promise<number> =>
      (await process.state(it.reminders, it.Reminder, id)).fired
    const remind = (id: string) =>
      process.engine(it.reminders).submit(it.remind, { id }, { caller: systemCaller })

    clock.shiftMs = hourMs
    await remind('ahead')
    clock.shiftMs = 0
    await remind('right')
    clock.shiftMs = -hourMs
    await remind('behind')
    const startedAt = performance.now()
    assert.deepEqual([await fired('ahead'), await fired('right'), await fired('behind')], [0, 0, 0])
    for (const id of ['ahead', 'right', 'behind']) {
      await eventually(`${id} has fired`, async () => (await fired(id)) === 1)
    }
    const ms = performance.now() - startedAt
    assert.ok(ms < 500 + 2 * delayMsMax, `fired after ${ms} ms`)
  },
})
