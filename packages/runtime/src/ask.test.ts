import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import { type Engine, query, refuse, service, system } from '@waybill/core'
import Type from 'typebox'
import { createAsk } from './ask.ts'
import { systemClock } from './clock.ts'

const Stock = query('stock', {
  input: Type.Object({ product: Type.Integer() }),
  output: Type.Object({ left: Type.Integer() }),
  answer: async () => ({ left: 1 }),
})
const shop = system('shop', [service('product', { queries: [Stock] }), service('order', {})])

let now = 0

function asking(answer: () => Promise<unknown>) {
  return createAsk(shop, () => ({ ask: answer }) as unknown as Engine, {
    ...systemClock,
    monotonic: () => now,
  })
}

test('An answer and a refusal come through', async () => {
  assert.deepEqual(await asking(async () => ({ left: 3 }))(Stock, { product: 1 }), { left: 3 })
  const no = refuse('UNKNOWN_PRODUCT', 'There is no such product.')
  assert.equal(await asking(async () => no)(Stock, { product: 9 }), no)
})

test('A failure says who failed to answer what', async () => {
  const ask = asking(() => Promise.reject(new Error('store gone')))
  await assert.rejects(ask(Stock, { product: 1 }), {
    code: 'ASK_FAILED',
    message: 'Service product did not answer stock: store gone',
  })
})

test('An answer that takes longer than two seconds is none', async (context: TestContext) => {
  context.mock.timers.enable({ apis: ['setTimeout'] })
  const asked = asking(() => new Promise(() => {}))(Stock, { product: 1 })
  const refused = assert.rejects(asked, { code: 'ASK_FAILED' })
  context.mock.timers.tick(2_000)
  await refused
})

test('After five failures nobody waits any more, until one gets through', async () => {
  let calls = 0
  let broken = true
  const ask = asking(async () => {
    calls += 1
    if (broken) throw new Error('store gone')
    return { left: 1 }
  })
  for (let failure = 0; failure < 8; failure += 1) {
    await assert.rejects(ask(Stock, { product: 1 }), { code: 'ASK_FAILED' })
  }
  assert.equal(calls, 5)
  now += 5_000
  await assert.rejects(ask(Stock, { product: 1 }), { code: 'ASK_FAILED' })
  broken = false
  now += 4_999
  await assert.rejects(ask(Stock, { product: 1 }), { code: 'ASK_FAILED' })
  assert.equal(calls, 6)
  now += 1
  assert.deepEqual(await ask(Stock, { product: 1 }), { left: 1 })
})

test('A query of no service is a fault of the system', async () => {
  const Other = query('other', { input: Type.Object({}), output: Type.Object({}), answer: async () => ({}) })
  await assert.rejects(asking(async () => ({}))(Other, {}), { code: 'SYSTEM_INVALID' })
})
