import assert from 'node:assert/strict'
import { many } from '../store/fixtures.ts'
import { eventually } from '../waiting.ts'
import { group } from './group.ts'
import { assertPaidOnce } from './once.ts'
import { repeatingLog } from './repeating-log.ts'

const keys = many(10, (n) => `key ${n}`)

export const order = group('order', {
  'events of a key are handled in the order in which they were committed': async ({ start }) => {
    const process = await start()
    await Promise.all(
      keys.map(async (key) => {
        for (let n = 0; n < 20; n += 1) await process.note(key, n)
      }),
    )
    for (const key of keys) {
      await eventually(`${key} is read`, async () => (await process.notesRead(key)).length === 20)
      assert.deepEqual(
        await process.notesRead(key),
        many(20, (n) => n),
      )
    }
  },

  'also when many of them come in one batch': async ({ start }) => {
    const process = await start()
    const notes = many(400, (n) => ({ key: keys[n % 10]!, n }))
    await Promise.all(notes.map(({ key, n }) => process.note(key, n)))
    for (const key of keys) {
      const expected = notes.filter((one) => one.key === key).map(({ n }) => n)
      await eventually(
        `${key} is read`,
        async () => (await process.notesRead(key)).length === expected.length,
      )
      assert.deepEqual(await process.notesRead(key), expected)
    }
  },

  'nothing happens twice, though a log repeats': async (world) => {
    const process = await world.start({ log: repeatingLog })
    const ids = many(60, world.newId)
    for (const id of ids.slice(0, 20)) await process.place(id)
    await Promise.all(ids.slice(20).map((id) => process.place(id)))
    await assertPaidOnce(world, process, ids)
  },

  'a log that repeats changes no order': async ({ start }) => {
    const process = await start({ log: repeatingLog })
    for (let n = 0; n < 30; n += 1) await Promise.all(keys.map((key) => process.note(key, n)))
    for (const key of keys) {
      await eventually(`${key} is read`, async () => (await process.notesRead(key)).length >= 30)
      assert.deepEqual(
        await process.notesRead(key),
        many(30, (n) => n),
      )
    }
  },

  'nothing happens twice after a restart, though a log begins too early': async (world) => {
    const first = await world.start()
    const ids = many(30, world.newId)
    await Promise.all(ids.slice(0, 20).map((id) => first.place(id)))
    await first.settled(...ids.slice(0, 20))
    await first.stop()
    const second = await world.start({
      log: (log) => ({
        ...log,
        subscribe: (options) =>
          log.subscribe({ ...options, from: async (...of) => void (await options.from(...of)) }),
      }),
    })
    await Promise.all(ids.slice(20).map((id) => second.place(id)))
    await assertPaidOnce(world, second, ids)
  },
})
