import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import {
  createEngine,
  type Engine,
  jsonCodec,
  type MemoryData,
  memoryData,
  memoryStore,
  storeLog,
  systemCaller,
} from '@waybill/core'
import { virtualClock } from '@waybill/testing'
import { createAsk } from '../../ask.ts'
import { createIds } from '../../ids.ts'
import type { BookEntry, PaymentProvider } from '../payment-provider.ts'
import { BookQuery } from './book.ts'
import { simulatedProvider } from './simulated-provider.ts'
import { paymentSimulator } from './simulator.ts'

const [service] = paymentSimulator.services
const never = new AbortController().signal
const won = (amount: number) => ({ amount, currency: 'KRW' })

/** A provider on its store; several on the same data are like several processes. */
async function provide(context: TestContext, data: MemoryData = memoryData()) {
  const clock = virtualClock()
  const store = memoryStore(service!.name, data)
  await store.open(service!)
  const engine: Engine = createEngine({
    system: paymentSimulator,
    service: service!,
    store,
    log: storeLog({ stores: new Map([[store.service, store]]), clock }),
    codec: jsonCodec,
    clock,
    ids: createIds(clock.now),
    ask: createAsk(paymentSimulator, () => engine, clock),
  })
  await engine.start()
  context.after(() => engine.stop())
  const provider = simulatedProvider(engine, clock)
  const charge = (
    key: string,
    token: string,
    { amount = 1_000, signal = never }: { amount?: number; signal?: AbortSignal } = {},
  ): ReturnType<PaymentProvider['charge']> =>
    provider.charge({ key, amount: won(amount), token, reference: `order ${key}`, signal })
  const refund = (key: string, chargeKey: string, amount: number): Promise<void> =>
    provider.refund({ key, chargeKey, amount: won(amount), reference: 'back', signal: never })
  const reverse = (key: string, chargeKey: string): ReturnType<PaymentProvider['reverse']> =>
    provider.reverse({ key, chargeKey, reference: 'timeout', signal: never })
  const bookPage = async (selection: { limit?: number; cursor?: string }) =>
    (await engine.ask(BookQuery, selection, systemCaller)) as {
      items: BookEntry[]
      nextCursor: string | null
    }
  const book = async (): Promise<readonly string[]> => {
    const { items } = await bookPage({ limit: 100 })
    return items
      .map(({ key, kind, status, amount }) => `${kind} ${key} ${status} ${amount.amount}`)
      .toReversed()
  }
  return { clock, provider, charge, refund, reverse, book, bookPage }
}

test('A token says what becomes of a charge', async (context) => {
  const { charge, book } = await provide(context)
  assert.deepEqual(await charge('a', 'tok_ok'), { status: 'succeeded' })
  assert.deepEqual(await charge('b', 'tok_declined'), { status: 'declined', reason: 'CARD_DECLINED' })
  assert.deepEqual(await charge('c', 'tok_insufficient_funds'), {
    status: 'declined',
    reason: 'INSUFFICIENT_FUNDS',
  })
  assert.deepEqual(await charge('d', 'tok_unheard_of'), { status: 'declined', reason: 'UNKNOWN_TOKEN' })
  assert.deepEqual(await book(), [
    'charge a succeeded 1000',
    'charge b declined 1000',
    'charge c declined 1000',
    'charge d declined 1000',
  ])
})

test('A key has one effect, however often and however concurrently it is used', async (context) => {
  const { charge, book } = await provide(context)
  const answers = await Promise.all(Array.from({ length: 50 }, () => charge('a', 'tok_ok')))
  assert.ok(answers.every(({ status }) => status === 'succeeded'))
  assert.deepEqual(await charge('a', 'tok_declined'), { status: 'succeeded' })
  assert.deepEqual(await book(), ['charge a succeeded 1000'])
})

test('A key has one effect also when several processes use it', async (context) => {
  const data = memoryData()
  const processes = [await provide(context, data), await provide(context, data), await provide(context, data)]
  await Promise.all(
    Array.from({ length: 30 }, (_, index) => processes[index % 3]!.charge(`key ${index % 5}`, 'tok_ok')),
  )
  assert.equal((await processes[0]!.book()).length, 5)
})

test('The record survives a crash', async (context) => {
  const data = memoryData()
  const before = await provide(context, data)
  await before.charge('a', 'tok_ok')
  const after = await provide(context, data)
  assert.deepEqual(await after.charge('a', 'tok_ok'), { status: 'succeeded' })
  assert.deepEqual(await after.book(), ['charge a succeeded 1000'])
})

test('A key is not good for another amount', async (context) => {
  const { charge } = await provide(context)
  await charge('a', 'tok_ok', { amount: 1_000 })
  await assert.rejects(charge('a', 'tok_ok', { amount: 2_000 }), /used with another amount/)
})

test('A slow charge is made at once and answered late, once', async (context) => {
  const { clock, charge, book } = await provide(context)
  let answered = false
  const slow = charge('a', 'tok_slow_5000').then(() => (answered = true))
  await clock.advance(4_999)
  assert.deepEqual(await book(), ['charge a succeeded 1000'])
  assert.equal(answered, false)
  await clock.advance(1)
  await slow
  // The first answer is there now; a repetition need not wait.
  assert.deepEqual(await charge('a', 'tok_slow_5000'), { status: 'succeeded' })
})

test('A flaky charge fails as often as it says, before anything is done', async (context) => {
  const { charge, book } = await provide(context)
  await assert.rejects(charge('a', 'tok_flaky_2'), { code: 'EFFECT_FAILED' })
  await assert.rejects(charge('a', 'tok_flaky_2'), { code: 'EFFECT_FAILED' })
  assert.deepEqual(await book(), [])
  assert.deepEqual(await charge('a', 'tok_flaky_2'), { status: 'succeeded' })
  assert.deepEqual(await book(), ['charge a succeeded 1000'])
})

test('A silent charge takes the money and never answers', async (context) => {
  const { clock, charge, reverse, book } = await provide(context)
  for (let attempt = 1; attempt <= 2; attempt += 1) {
    const limit = new AbortController()
    clock.timer(10_000, () => limit.abort())
    const silent = assert.rejects(charge('a', 'tok_silent', limit), /did not answer in time/)
    await clock.advance(10_000)
    await silent
  }
  assert.deepEqual(await book(), ['charge a succeeded 1000'])
  assert.deepEqual(await reverse('r', 'a'), { refunded: true })
})

test('A caller that has given up changes nothing', async (context) => {
  const { charge, book } = await provide(context)
  await assert.rejects(charge('a', 'tok_ok', { signal: AbortSignal.abort() }))
  assert.deepEqual(await book(), [])
})

test('What was charged can be given back in parts, and no more than that', async (context) => {
  const { charge, refund, book } = await provide(context)
  await charge('a', 'tok_ok')
  await refund('r1', 'a', 600)
  await refund('r1', 'a', 600)
  await assert.rejects(refund('r2', 'a', 500), /400 KRW can be given back/)
  await refund('r3', 'a', 400)
  await assert.rejects(refund('r1', 'a', 100), /used with another amount/)
  await assert.rejects(refund('r4', 'a', 1), /0 KRW can be given back/)
  assert.deepEqual(await book(), [
    'charge a succeeded 1000',
    'refund r1 succeeded 600',
    'refund r3 succeeded 400',
  ])
})

test('Concurrent refunds together give back no more than was charged', async (context) => {
  const { charge, refund, book } = await provide(context)
  await charge('a', 'tok_ok')
  await Promise.allSettled(Array.from({ length: 10 }, (_, index) => refund(`r${index}`, 'a', 400)))
  assert.equal((await book()).filter((line) => line.startsWith('refund')).length, 2)
})

test('Only a charge that succeeded can be given back', async (context) => {
  const { charge, refund } = await provide(context)
  await charge('a', 'tok_declined')
  await assert.rejects(refund('r', 'a', 1), /no succeeded charge a/)
  await assert.rejects(refund('r', 'b', 1), /no succeeded charge b/)
})

test('A reversal gives back what is left of a charge, once', async (context) => {
  const { charge, refund, reverse, book } = await provide(context)
  await charge('a', 'tok_ok')
  await refund('r', 'a', 300)
  assert.deepEqual(await reverse('v', 'a'), { refunded: true })
  assert.deepEqual(await reverse('v', 'a'), { refunded: true })
  assert.deepEqual(await reverse('w', 'a'), { refunded: false })
  assert.deepEqual(await book(), [
    'charge a succeeded 1000',
    'refund r succeeded 300',
    'refund v succeeded 700',
  ])
})

test('A charge that arrives after its reversal is declined', async (context) => {
  const { charge, reverse, book } = await provide(context)
  assert.deepEqual(await reverse('v', 'a'), { refunded: false })
  assert.deepEqual(await charge('a', 'tok_ok'), { status: 'declined', reason: 'REVERSED' })
  assert.deepEqual(await reverse('v', 'a'), { refunded: false })
  assert.deepEqual(await book(), ['charge a declined 1000'])
})

test('The book is listed in pages, newest first, as it is published', async (context) => {
  const { clock, charge, bookPage } = await provide(context)
  await charge('a', 'tok_ok')
  await charge('b', 'tok_declined')
  const first = await bookPage({ limit: 1 })
  const second = await bookPage({ limit: 1, cursor: first.nextCursor! })
  const at = new Date(clock.now()).toISOString()
  assert.deepEqual(first.items, [
    { key: 'b', kind: 'charge', status: 'declined', amount: won(1_000), reference: 'order b', at },
  ])
  assert.equal(second.items[0]!.key, 'a')
  assert.equal(second.nextCursor, null)
})
