import assert from 'node:assert/strict'
import { many } from '../store/fixtures.ts'
import { group } from './group.ts'
import { assertPaidOnce } from './once.ts'

export const idempotency = group('idempotency', {
  'a command that is repeated has its first answer again': async (world) => {
    const process = await world.start()
    const id = world.newId()
    const idempotency = { slot: `slot ${id}`, fingerprint: 'f' }
    const first = await process.place(id, { idempotency })
    await process.settled(id)
    const again = await process.place(id, { idempotency })
    assert.ok(!first.refused && !again.refused)
    assert.deepEqual([first.replayed, again.replayed], [false, true])
    assert.deepEqual([again.id, again.reply], [first.id, first.reply])
    await assertPaidOnce(world, process, [id])
  },

  'also when both come at the same time': async (world) => {
    const process = await world.start()
    const id = world.newId()
    const idempotency = { slot: `slot ${id}`, fingerprint: 'f' }
    const answers = await Promise.all(many(5, () => process.place(id, { idempotency })))
    assert.equal(answers.filter((answer) => !answer.refused && !answer.replayed).length, 1)
    await assertPaidOnce(world, process, [id])
  },

  'also when they reach different processes': {
    needs: ['processes'],
    run: async (world) => {
      const processes = [await world.start(), await world.start()]
      const id = world.newId()
      const idempotency = { slot: `slot ${id}`, fingerprint: 'f' }
      const answers = await Promise.all(many(6, (n) => processes[n % 2]!.place(id, { idempotency })))
      assert.equal(answers.filter((answer) => !answer.refused && !answer.replayed).length, 1)
      await assertPaidOnce(world, processes[0]!, [id])
    },
  },

  'the same key with another request is an error': async ({ start, newId }) => {
    const process = await start()
    const id = newId()
    await process.place(id, { idempotency: { slot: id, fingerprint: 'one' } })
    await assert.rejects(process.place(newId(), { idempotency: { slot: id, fingerprint: 'other' } }), {
      code: 'IDEMPOTENCY_KEY_REUSED',
    })
  },

  'a refusal is not kept': async ({ start, newId }) => {
    const process = await start()
    const id = newId()
    await process.place(id)
    const idempotency = { slot: `slot ${id}`, fingerprint: 'f' }
    for (let n = 0; n < 2; n += 1) {
      const answer = await process.place(id, { idempotency })
      assert.equal(answer.refused, true)
    }
  },
})
