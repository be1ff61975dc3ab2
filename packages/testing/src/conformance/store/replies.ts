import assert from 'node:assert/strict'
import { hasCode, type Store, type StoredReply } from '@waybill/core'
import { pause } from '../waiting.ts'
import { group } from './context.ts'
import { aNeed, anEvent, aService, many, persistently, texts, write } from './fixtures.ts'

const keepMs = 60_000
const reply = { id: '1', reply: { total: 12.5, lines: [{ text: 'é' }], none: null } }

async function find(store: Store, slot: string): Promise<StoredReply | undefined> {
  const found = (await store.load(aNeed({ slots: [slot] }))).replies.get(slot)
  return found && { slot: found.slot, fingerprint: found.fingerprint, reply: found.reply }
}

export const replies = group('replies', {
  'are found again by their slot': async (context) => {
    const store = await context.open(aService())
    assert.equal(await find(store, 'user/key'), undefined)
    await write(store, { replies: [{ slot: 'user/key', fingerprint: 'f', reply, keepMs }] })
    assert.deepEqual(await find(store, 'user/key'), { slot: 'user/key', fingerprint: 'f', reply })
    assert.equal(await find(store, 'user'), undefined)
  },

  'of two commands with the same slot one counts': async (context) => {
    const store = await context.open(aService())
    await Promise.all(
      many(6, (n) =>
        persistently(store, { slots: ['slot'] }, ({ replies: earlier }) =>
          earlier.has('slot')
            ? {}
            : {
                events: [anEvent({ text: `${n}` })],
                replies: [{ slot: 'slot', fingerprint: 'f', reply: { n }, keepMs }],
              },
        ),
      ),
    )
    const [winner, ...others] = await texts(store)
    assert.deepEqual(others, [])
    assert.deepEqual((await find(store, 'slot'))!.reply, { n: Number(winner) })
  },

  'a slot is written once': async (context) => {
    const store = await context.open(aService())
    const put = (): Promise<number> =>
      write(store, { replies: [{ slot: 'slot', fingerprint: 'f', reply, keepMs }] })
    await put()
    await assert.rejects(put(), (error) => hasCode(error, 'BATCH_CONFLICT'))
  },

  'are kept as long as they say, and then forgotten': async (context) => {
    const store = await context.open(aService())
    await write(store, {
      replies: [
        { slot: 'short', fingerprint: 'f', reply, keepMs: 50 },
        { slot: 'long', fingerprint: 'f', reply, keepMs },
      ],
    })
    await pause(100)
    await store.forget(0)
    assert.deepEqual([await find(store, 'short'), (await find(store, 'long'))?.reply], [undefined, reply])
    await write(store, { replies: [{ slot: 'short', fingerprint: 'g', reply, keepMs }] })
    assert.equal((await find(store, 'short'))?.fingerprint, 'g')
  },
})
