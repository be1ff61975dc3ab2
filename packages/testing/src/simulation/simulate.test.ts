import assert from 'node:assert/strict'
import { test } from 'node:test'
import { command, entity, event, on, service, system } from '@waybill/core'
import Type from 'typebox'
import { simulate } from './simulate.ts'
import type { Simulation } from './simulation.ts'

const Deposit = Type.Object({ account: Type.String(), amount: Type.Integer() })
const Deposited = event('Deposited', { topic: 'deposits', key: 'account', data: Deposit })
const Account = entity('account', { balance: 0 }).evolve(Deposited, ({ balance }, { amount }) => ({
  balance: balance + amount,
}))
const deposit = command('deposit', {
  input: Deposit,
  at: Account,
  id: ({ account }) => account,
  emits: [Deposited],
  decide: (_, input) => Deposited(input),
})
const Total = entity('total', { sum: 0 }).evolve(Deposited, ({ sum }, { amount }) => ({ sum: sum + amount }))

/** @param tell how the bank tells its book of a deposit */
function bank(tell: (amount: number) => number): Simulation {
  const book = service('book', {
    entities: [Total],
    handlers: [
      on(Deposited)
        .at(Total, () => 'all')
        .observe(),
    ],
  })
  return {
    system: () => system('bank', [service('bank', { entities: [Account], commands: [deposit] }), book]),
    command: (random) => ({
      command: deposit,
      input: { account: random.pick(['ann', 'bob']), amount: random.between(1, 100) },
    }),
    invariants: {
      'the book holds all deposits': async ({ accepted, read }) => {
        const { sum } = await read('book').entity(Total, 'all')
        const sent = accepted.reduce((all, { input }) => all + tell((input as { amount: number }).amount), 0)
        return sum === sent ? [] : [`the book says ${sum}, and ${sent} were deposited`]
      },
    },
  }
}

test('a system of one’s own is simulated, and what holds is found to hold', async () => {
  const runs = await simulate(
    bank((amount) => amount),
    { seeds: 3, commands: 15 },
  )
  assert.equal(runs.length, 3)
  assert.ok(runs.every(({ accepted }) => accepted === 15))
  assert.ok(runs.some(({ struck }) => Object.values(struck).some((count) => count > 0)))
})

test('what does not hold is told with its seed and its story', async () => {
  await assert.rejects(
    simulate(
      bank((amount) => amount + 1),
      { seeds: 3, seed: 5, commands: 5 },
    ),
    (error) => {
      assert.match(
        String(error),
        /Seed 5: the book holds all deposits: the book says \d+, and \d+ were deposited/,
      )
      assert.match(String(error), /bank commits Deposited of ann|bank commits Deposited of bob/)
      return true
    },
  )
})
