import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setImmediate as turn } from 'node:timers/promises'
import { fairTurns } from './fair-turns.ts'

/** Works that end when they are told to, and the order in which they began. */
function start() {
  const turns = fairTurns(() => 0)
  const began: string[] = []
  const ends: (() => void)[] = []
  return {
    began,
    ask: (whom: string) =>
      turns.take(whom, () => {
        began.push(whom)
        return new Promise<void>((resolve) => ends.push(resolve))
      }),
    end: async () => {
      ends.shift()?.()
      await turn()
    },
  }
}

test('two at a time, and of those that wait the one for whom the least was done', async () => {
  const { began, ask, end } = start()
  const all = ['a', 'a', 'a', 'a', 'b', 'c', 'a', 'b'].map(ask)
  await turn()
  assert.deepEqual(began, ['a', 'a'])
  for (let n = 0; n < 8; n += 1) await end()
  assert.deepEqual(began, ['a', 'a', 'b', 'c', 'b', 'a', 'a', 'a'])
  await Promise.all(all)
})

test('those whose works were in vain wait for those who have asked more, but not in vain', async () => {
  const turns = fairTurns(() => 0)
  const began: string[] = []
  const work = (whom: string) => turns.take(whom, async () => void began.push(whom))
  turns.blame('guesser')
  await Promise.all(['owner', 'owner', 'guesser', 'owner', 'owner', 'owner'].map(work))
  assert.equal(began.at(-1), 'guesser')
})

test('a crowd is turned away instead of queueing without end', async () => {
  const { ask, end } = start()
  const all = Array.from({ length: 1_010 }, (_, n) => ask(`${n}`))
  const settled = Promise.allSettled(all)
  for (let n = 0; n < 1_010; n += 1) await end()
  const refused = (await settled).filter(({ status }) => status === 'rejected')
  assert.equal(refused.length, 8)
})

test('a work that fails gives its turn to the next', async () => {
  const turns = fairTurns()
  const fail = () => turns.take('a', () => Promise.reject(new Error('no')))
  await Promise.allSettled([fail(), fail(), fail()])
  assert.equal(await turns.take('b', async () => 'done'), 'done')
})
