import assert from 'node:assert/strict'
import type { EffectIo } from '@waybill/core'
import { many } from '../store/fixtures.ts'
import { eventually } from '../waiting.ts'
import { group } from './group.ts'
import { life } from './life.ts'
import { assertChargedOnce, assertPaidOnce, countCharges } from './once.ts'

export const effects = group('effects', {
  'run once for each event, each with an idempotency key of its own': async (world) => {
    const keys = countCharges(world)
    const process = await world.start()
    const ids = many(40, world.newId)
    await Promise.all(ids.map((id) => process.place(id)))
    await assertPaidOnce(world, process, ids)
    assertChargedOnce(keys, ids)
    assert.ok(
      [...keys.values()].every((used) => used.length === 1),
      'no effect is repeated without need',
    )
  },

  'that fail are repeated with the same key until they answer': async (world) => {
    const { flow, newId, start } = world
    const keys: string[] = []
    flow.controls.charge = (_, { idempotencyKey }) => {
      keys.push(idempotencyKey)
      if (keys.length < 3) throw new Error('the provider is away')
      return 'receipt'
    }
    const process = await start()
    const id = newId()
    await process.place(id)
    await assertPaidOnce(world, process, [id])
    assert.deepEqual([keys.length, new Set(keys).size], [3, 1])
    assert.deepEqual(
      process.reports.parked.map(({ parked }) => [parked.reason, parked.attempts, parked.error!.code]),
      [
        ['failed', 1, 'EFFECT_FAILED'],
        ['failed', 2, 'EFFECT_FAILED'],
      ],
    )
  },

  'that take long hold up nobody else': async (world) => {
    const { flow, newId, start } = world
    const [slow, ...quick] = many(5, newId) as [string, ...string[]]
    let answer = (_: string): void => {}
    const late = new Promise<string>((resolve) => (answer = resolve))
    flow.controls.charge = (orderId) => (orderId === slow ? late : 'receipt')
    const process = await start()
    await process.place(slow)
    await Promise.all(quick.map((id) => process.place(id)))
    await process.settled(...quick)
    assert.equal((await process.order(slow)).status, 'PLACED')
    answer('receipt')
    await assertPaidOnce(world, process, [slow, ...quick])
  },

  'run side by side': async (world) => {
    const { flow, newId, start } = world
    let running = 0
    let most = 0
    flow.controls.charge = async () => {
      running += 1
      most = Math.max(most, running)
      await new Promise<void>((resolve) => void world.clock.timer(20, resolve))
      running -= 1
      return 'receipt'
    }
    const process = await start()
    const ids = many(30, newId)
    await Promise.all(ids.map((id) => process.place(id)))
    await process.settled(...ids)
    assert.ok(most >= 10, `at most ${most} ran at the same time`)
  },

  'that give no answer within their time have an unknown outcome': async (world) => {
    const { flow, newId, start } = world
    flow.controls.chargeLimits = { attempt: { ms: 50 }, within: { seconds: 1 } }
    const attempts: Pick<EffectIo, 'idempotencyKey' | 'signal'>[] = []
    flow.controls.charge = (_, { idempotencyKey, signal }) => {
      attempts.push({ idempotencyKey, signal })
      return new Promise<string>(() => {})
    }
    const process = await start()
    const id = newId()
    await process.place(id)
    await process.settled(id)
    assert.equal((await process.order(id)).status, 'UNKNOWN')
    assert.ok(attempts.length > 1 && attempts.every(({ signal }) => signal.aborted))
    assert.equal(new Set(attempts.map(({ idempotencyKey }) => idempotencyKey)).size, 1)
  },

  'that ask for their signal when their time is over find it aborted': async (world) => {
    const { flow, newId, start } = world
    flow.controls.chargeLimits = { attempt: { ms: 50 }, within: { ms: 60 } }
    let isAborted: boolean | undefined
    flow.controls.charge = async (_, io) => {
      await new Promise<void>((resolve) => void world.clock.timer(100, resolve))
      isAborted ??= io.signal.aborted
      return 'too late'
    }
    const process = await start()
    const id = newId()
    await process.place(id)
    await process.settled(id)
    await eventually('the signal is asked for', () => isAborted !== undefined)
    assert.equal(isAborted, true)
  },

  'that answer in time are not aborted': async (world) => {
    const { flow, newId, start } = world
    const signals: EffectIo['signal'][] = []
    flow.controls.charge = (_, { signal }) => {
      signals.push(signal)
      return 'receipt'
    }
    flow.controls.chargeLimits = { attempt: { ms: 50 } }
    const process = await start()
    const id = newId()
    await process.place(id)
    await process.settled(id)
    await new Promise<void>((resolve) => void world.clock.timer(100, resolve))
    assert.deepEqual(
      signals.map(({ aborted }) => aborted),
      [false],
    )
  },

  'that were under way when their process died are run again, with the same key': async (world) => {
    const { flow, newId, start, look } = world
    flow.controls.chargeLimits = { attempt: { seconds: 1 } }
    const keys: string[] = []
    flow.controls.charge = (_, { idempotencyKey }) => {
      keys.push(idempotencyKey)
      return keys.length === 1 ? new Promise<string>(() => {}) : 'receipt'
    }
    const mortal = life()
    const first = await start(mortal)
    const id = newId()
    await first.place(id)
    const store = await look(flow.services.pay)
    await eventually('it is under way', async () => (await store.parked(1))[0]?.reason === 'effect')
    mortal.end()
    const second = await start()
    await assertPaidOnce(world, second, [id])
    assert.deepEqual([keys.length, new Set(keys).size], [2, 1])
  },

  'may ask other services and draw numbers that are never the same': async (world) => {
    const { flow, newId, start } = world
    const drawn: number[] = []
    const answers: unknown[] = []
    flow.controls.charge = async (_, io) => {
      answers.push(await io.ask(flow.stockOf, { product: 'p' }))
      drawn.push(await io.nextNumber('receipt'))
      return 'receipt'
    }
    const process = await start()
    const ids = many(10, newId)
    await Promise.all(ids.map((id) => process.place(id)))
    await process.settled(...ids)
    await eventually('all have asked', () => answers.length >= 10)
    assert.equal(answers.length, 10)
    assert.equal(new Set(drawn).size, 10)
    assert.deepEqual(answers.at(-1), { onHand: 10_000 - 10 })
  },
})
