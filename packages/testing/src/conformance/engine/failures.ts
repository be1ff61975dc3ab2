import assert from 'node:assert/strict'
import { type ErrorCode, type Store, WaybillError } from '@waybill/core'
import { many } from '../store/fixtures.ts'
import { eventually } from '../waiting.ts'
import { group } from './group.ts'
import { assertChargedOnce, assertPaidOnce, countCharges } from './once.ts'

/** A store that fails at every n-th call of each kind, before it has done anything. */
function failing(code: ErrorCode, every: { transact: number; read?: number }): (store: Store) => Store {
  return (store) => {
    const calls = { transact: 0, read: 0 }
    const attempt = <T>(kind: 'transact' | 'read', call: () => Promise<T>): Promise<T> => {
      calls[kind] += 1
      const fails = every[kind] !== undefined && calls[kind] % every[kind] === 0
      return fails ? Promise.reject(new WaybillError(code, 'It is away.')) : call()
    }
    return {
      ...store,
      transact: (...args) => attempt('transact', () => store.transact(...args)),
      due: (...args) => attempt('read', () => store.due(...args)),
      published: (...args) => attempt('read', () => store.published(...args)),
    }
  }
}

export const failures = group('failures', {
  'a store that is away now and then costs time and nothing else': async (world) => {
    const keys = countCharges(world)
    const process = await world.start({ store: failing('STORE_UNAVAILABLE', { transact: 3, read: 5 }) })
    const ids = many(20, world.newId)
    for (const id of ids) await process.place(id)
    await assertPaidOnce(world, process, ids)
    assertChargedOnce(keys, ids)
    assert.ok(process.reports.retried.length > 0)
  },

  'so do conflicts with others': async (world) => {
    const keys = countCharges(world)
    const process = await world.start({ store: failing('BATCH_CONFLICT', { transact: 3 }) })
    const ids = many(20, world.newId)
    for (const id of ids) await process.place(id)
    await assertPaidOnce(world, process, ids)
    assertChargedOnce(keys, ids)
  },

  'what the store will not take harms nothing else in its batch': async (world) => {
    const { flow } = world
    const process = await world.start({
      store: (store) => ({
        ...store,
        transact: (need, decide) =>
          store.transact(need, async (loaded, more) => {
            const write = await decide(loaded, more)
            if (write.events.some(({ type, key }) => type === 'Read' && key === 'poison'))
              throw new RangeError('too long')
            return write
          }),
      }),
    })
    const keys = ['a', 'b', 'poison', 'c', 'd']
    for (const n of [1, 2, 3]) await Promise.all(keys.map((key) => process.note(key, n)))
    for (const key of keys.filter((one) => one !== 'poison')) {
      await eventually(`${key} is read`, async () => (await process.notesRead(key)).length === 3)
      assert.deepEqual(await process.notesRead(key), [1, 2, 3])
    }
    const store = await world.look(flow.services.stock)
    await eventually('the rest is set aside', async () => (await store.parked(10)).length === 3)
    const [first] = await store.parked(1)
    assert.match(first!.error!.message, /too long/)
    const ids = many(5, world.newId)
    await Promise.all(ids.map((id) => process.place(id)))
    await assertPaidOnce(world, process, ids)
  },

  'what cannot even be set aside halts its partition, which says so and goes on when it can': async (
    world,
  ) => {
    const { name } = world.flow.services.stock
    let isBroken = true
    const process = await world.start({
      store: (store) => ({
        ...store,
        transact: (need, decide) =>
          store.transact(need, async (loaded, more) => {
            const write = await decide(loaded, more)
            const keys = [...write.events, ...write.park.map(({ event }) => event)].map(({ key }) => key)
            if (isBroken && store.service === name && keys.includes('poison')) throw new RangeError('no')
            return write
          }),
      }),
    })
    await process.note('poison', 1)
    await eventually('it is halted', () => process.reports.halted.length > 0)
    const [halted] = process.reports.halted
    assert.equal(halted!.service, name)
    assert.match(String(halted!.cause), /RangeError: no/)

    // Of sixteen keys, some are in other partitions.
    const keys = many(16, (n) => `k${n}`)
    for (const n of [1, 2]) await Promise.all(keys.map((key) => process.note(key, n)))
    await eventually('others go on', async () => {
      const read = await Promise.all(keys.map((key) => process.notesRead(key)))
      return read.filter((one) => one.length === 2).length >= 4
    })
    assert.deepEqual(await process.notesRead('poison'), [])
    isBroken = false
    await process.note('poison', 2)
    for (const key of ['poison', ...keys]) {
      await eventually(`${key} is read`, async () => (await process.notesRead(key)).length === 2)
      assert.deepEqual(await process.notesRead(key), [1, 2])
    }
    assert.equal(process.reports.halted.at(-1)!.cause, undefined)
    assert.equal(process.reports.halted.length, 2)
    process.assertNoCrash()
  },

  'a command that the store will not take fails alone': async (world) => {
    const process = await world.start({
      store: (store) => ({
        ...store,
        transact: (need, decide) =>
          store.transact(need, async (loaded, more) => {
            const write = await decide(loaded, more)
            if (write.events.some(({ type, key }) => type === 'Noted' && key === 'poison'))
              throw new RangeError('too long')
            return write
          }),
      }),
    })
    const outcomes = await Promise.allSettled(many(30, (n) => process.note(n === 13 ? 'poison' : `k${n}`, n)))
    assert.deepEqual(
      outcomes.flatMap(({ status }, n) => (status === 'rejected' ? [n] : [])),
      [13],
    )
  },
})
