import assert from 'node:assert/strict'
import { anEvent, write } from '../store/fixtures.ts'
import { eventually, pause } from '../waiting.ts'
import { group } from './group.ts'
import type { Process, World } from './world.ts'

/** Lets reading fail for one note until it is mended. */
function breakReading(
  { flow, clock }: World,
  key: string,
  n: number,
): { mend(): void; readonly attempts: number[] } {
  const attempts: number[] = []
  let isBroken = true
  flow.controls.beforeReading = (readKey, readN) => {
    if (readKey !== key || readN !== n) return
    attempts.push(clock.monotonic())
    if (isBroken) throw new Error(`cannot read ${key} ${n}`)
  }
  return { attempts, mend: () => void (isBroken = false) }
}

async function read(process: Process, key: string, ...expected: readonly number[]): Promise<void> {
  await eventually(`${key} is read`, async () => (await process.notesRead(key)).length >= expected.length)
  assert.deepEqual(await process.notesRead(key), expected)
}

export const parking = group('parking', {
  'an event that fails holds up its key only, and later events of the key follow in order': async (world) => {
    const { mend } = breakReading(world, 'bad', 2)
    const process = await world.start()
    for (const n of [1, 2, 3, 4]) await Promise.all([process.note('bad', n), process.note('good', n)])
    await read(process, 'good', 1, 2, 3, 4)
    await read(process, 'bad', 1)
    const store = await world.look(world.flow.services.stock)
    await eventually('they are set aside', async () => (await store.parked(10)).length === 3)
    const [failed, ...behind] = await store.parked(10)
    assert.deepEqual([failed!.reason, behind.map(({ reason }) => reason)], ['failed', ['behind', 'behind']])
    assert.equal(failed!.error!.code, 'DECIDE_FAILED')
    assert.match(failed!.error!.message, /cannot read bad 2/)
    await process.note('bad', 5)
    mend()
    await read(process, 'bad', 1, 2, 3, 4, 5)
    await process.note('bad', 6)
    await read(process, 'bad', 1, 2, 3, 4, 5, 6)
    await eventually('nothing is set aside', async () => (await store.parked(10)).length === 0)
  },

  'it is tried again after longer and longer pauses, and reported each time': async (world) => {
    const { attempts } = breakReading(world, 'bad', 1)
    const process = await world.start()
    await process.note('bad', 1)
    await eventually('it is tried four times', () => attempts.length >= 4)
    const parked = process.reports.parked.slice(0, 3)
    const pauses = attempts.slice(1).map((at, n) => at - attempts[n]!)
    // A store may count from whole milliseconds.
    assert.ok(pauses[0]! >= 99 && pauses[1]! >= 199 && pauses[2]! >= 399, `pauses are ${pauses.join(', ')}`)
    assert.deepEqual(
      parked.map((report) => [report.parked.attempts, String(report.cause)]),
      [1, 2, 3].map((n) => [n, 'Error: cannot read bad 1']),
    )
  },

  'a failing event leaves no trace of its attempts': async (world) => {
    const { attempts, mend } = breakReading(world, 'bad', 1)
    const process = await world.start()
    await process.note('bad', 1)
    await eventually('it is tried twice', () => attempts.length >= 2)
    const store = await world.look(world.flow.services.stock)
    assert.deepEqual(await store.history('page/bad'), [])
    mend()
    await read(process, 'bad', 1)
    assert.equal((await store.history('page/bad')).length, 1)
  },

  'what is set aside outlives its process': async (world) => {
    const { mend } = breakReading(world, 'bad', 1)
    const first = await world.start()
    for (const n of [1, 2, 3]) await first.note('bad', n)
    const store = await world.look(world.flow.services.stock)
    await eventually('they are set aside', async () => (await store.parked(10)).length === 3)
    await first.stop()
    mend()
    const second = await world.start()
    await second.note('bad', 4)
    await read(second, 'bad', 1, 2, 3, 4)
  },

  'several keys may wait, each for itself': async (world) => {
    let isBroken = true
    world.flow.controls.beforeReading = (_, n) => {
      if (isBroken && n === 1) throw new Error('not yet')
    }
    const process = await world.start()
    const keys = ['a', 'b', 'c', 'd']
    for (const n of [0, 1, 2]) await Promise.all(keys.map((key) => process.note(key, n)))
    for (const key of keys) await read(process, key, 0)
    await pause(50)
    isBroken = false
    for (const key of keys) await read(process, key, 0, 1, 2)
  },

  'what cannot be read is never tried again and holds up nothing': async (world) => {
    const { flow, look, newId, clock } = world
    const process = await world.start()
    const { type, topic } = flow.events.Noted
    const garbage = anEvent({
      id: newId(),
      type,
      topic: topic!.name,
      key: 'bad',
      at: clock.now(),
      text: '{"n":',
    })
    await write(await look(flow.services.order), { events: [garbage] })
    await Promise.all([process.note('bad', 1), process.note('good', 1)])
    await Promise.all([read(process, 'good', 1), read(process, 'bad', 1)])
    const store = await look(flow.services.stock)
    await eventually('it is set aside', async () => (await store.parked(10)).length === 1)
    await pause(300)
    const [unreadable] = await store.parked(1)
    assert.deepEqual([unreadable!.error!.code, unreadable!.attempts], ['PAYLOAD_UNREADABLE', 1])
  },
})
