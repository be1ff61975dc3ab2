import assert from 'node:assert/strict'
import { hasCode } from '@waybill/core'
import { pause } from '../waiting.ts'
import { group } from './context.ts'
import { aNeed, anEvent, aService, aWrite, texts } from './fixtures.ts'

/** Longer than a store keeps a transaction open in which nothing happens. */
const tooLongMs = 6_500

export const time = group('time', {
  'a decide that takes too long writes nothing, and the next one is not held up': async (context) => {
    const store = await context.open(aService())
    const need = aNeed({ subjects: ['order/1'] })
    const late = store.transact(need, async () => {
      await pause(tooLongMs)
      return aWrite({ events: [anEvent({ text: 'late' })] })
    })
    await assert.rejects(late, (error) => hasCode(error, 'STORE_UNAVAILABLE'))
    await store.transact(need, () => aWrite({ events: [anEvent({ text: 'next' })] }))
    assert.deepEqual(await texts(store), ['next'])
  },

  'one that takes a while is waited for': async (context) => {
    const store = await context.open(aService())
    await store.transact(aNeed({ subjects: ['order/1'] }), async () => {
      await pause(1_500)
      return aWrite({ events: [anEvent({ text: 'in time' })] })
    })
    assert.deepEqual(await texts(store), ['in time'])
  },
})
