import assert from 'node:assert/strict'
import { test } from 'node:test'
import { given, givenView, story } from '@waybill/testing'
import {
  charge,
  Journey,
  ParcelReturned,
  Parcels,
  ParcelSent,
  Postage,
  PostagePaid,
  PostageRefused,
  postOf,
  send,
  type Till,
} from './postage.ts'

const parcelId = 'parcel-1'
const sent = ParcelSent({ parcelId, grams: 500 })
const honest: Till = { charge: async () => 'paid' }

// #region decide
test('a parcel that is paid for goes on; one without an answer does not', () => {
  const till = charge(honest)
  given(Postage).outcome('paid').when(till, sent).then(PostagePaid({ parcelId }))
  given(Postage)
    .outcomeUnknown()
    .when(till, sent)
    .then(PostageRefused({ parcelId, reason: 'NO_ANSWER' }))
})
// #endregion

// #region effect
test('what is settled is not charged again', async () => {
  const keys: string[] = []
  const till = charge({
    charge: async ({ key }) => {
      keys.push(key)
      return 'paid'
    },
  })
  const io = { idempotencyKey: 'key-1' }
  assert.equal(await given(Postage).effect(till, sent, io), 'paid')
  assert.equal(await given(Postage, PostagePaid({ parcelId })).effect(till, sent, io), undefined)
  assert.deepEqual(keys, ['key-1'])
})
// #endregion

// #region command
test('a parcel of more than 20 kg is refused', () => {
  given().when(send, { grams: 30_000 }).thenRefused('TOO_HEAVY', { pointer: '/grams' })
  const { status } = given().when(send, { grams: 500 }).state(Journey)
  assert.equal(status, 'sent')
})
// #endregion

// #region view
test('the list knows which parcels came back', () => {
  givenView(Parcels).on(sent).on(ParcelReturned({ parcelId })).thenRows({ parcelId, status: 'returned' })
})
// #endregion

// #region story
test('a parcel that nobody pays for is returned after half an hour', async () => {
  const post = await story(postOf({ charge: async () => 'declined' }))
  await post.submit(send, { grams: 500 })
  await post.settle()
  assert.deepEqual(post.events(), ['ParcelSent', 'PostageRefused'])
  await post.advance({ minutes: 30 })
  assert.deepEqual(post.events().slice(2), ['PostageOverdue', 'ParcelReturned'])
  assert.deepEqual(await post.parked(), [])
  await post.end()
})
// #endregion

// #region cancelled
test('a parcel that is paid for is not returned, however late it gets', async () => {
  const post = await story(postOf(honest))
  await post.submit(send, { grams: 500 })
  await post.advance({ minutes: 31 })
  assert.equal(post.events().at(-1), 'PostageOverdue', 'it came, and nothing followed')
  await post.end()
})
// #endregion

// #region repeated
test('a till that fails twice is asked again, each time with the same key', async () => {
  const keys: string[] = []
  const post = await story(
    postOf({
      charge: async ({ key }) => {
        keys.push(key)
        if (keys.length < 3) throw new Error('the line is busy')
        return 'paid'
      },
    }),
  )
  await post.submit(send, { grams: 500 })
  await post.settle()
  assert.ok(post.events().includes('PostagePaid'))
  assert.deepEqual([keys.length, new Set(keys).size], [3, 1])
  await post.end()
})
// #endregion
