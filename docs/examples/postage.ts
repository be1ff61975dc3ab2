import { command, entity, event, internal, later, on, refuse, service, system, view } from '@waybill/core'
import Type from 'typebox'

const ParcelRef = { parcelId: Type.String() }

export const ParcelSent = event('ParcelSent', {
  topic: 'parcel-sent',
  key: 'parcelId',
  data: Type.Object({ ...ParcelRef, grams: Type.Integer() }),
})
export const PostagePaid = event('PostagePaid', {
  topic: 'postage-paid',
  key: 'parcelId',
  data: Type.Object(ParcelRef),
})
export const PostageRefused = event('PostageRefused', {
  topic: 'postage-refused',
  key: 'parcelId',
  data: Type.Object({ ...ParcelRef, reason: Type.String() }),
})
export const ParcelReturned = event('ParcelReturned', {
  topic: 'parcel-returned',
  key: 'parcelId',
  data: Type.Object(ParcelRef),
})
const PostageOverdue = internal('PostageOverdue', { data: Type.Object(ParcelRef) })

// #region deadline
export const Journey = entity('journey', { status: 'none' })
  .evolve(ParcelSent, () => ({ status: 'sent' }))
  .evolve(PostagePaid, (journey) => (journey.status === 'sent' ? { status: 'paid' } : journey))
  .evolve(ParcelReturned, () => ({ status: 'returned' }))

export const send = command('send', {
  input: Type.Object({ grams: Type.Integer({ minimum: 1 }) }),
  at: Journey,
  id: (_, { newId }) => newId(),
  emits: [ParcelSent, PostageOverdue],
  decide: (_, { grams }, { id: parcelId }) =>
    grams > 20_000
      ? refuse('TOO_HEAVY', 'A parcel weighs at most 20 kg.', { pointer: '/grams' })
      : [ParcelSent({ parcelId, grams }), later({ minutes: 30 }, PostageOverdue({ parcelId }))],
})

export const giveUp = on(PostageOverdue)
  .at(Journey, 'parcelId')
  .emits(ParcelReturned)
  .decide(({ status }, { parcelId }) => (status === 'sent' ? ParcelReturned({ parcelId }) : undefined))
// #endregion

// #region effect
/** The outside world: the same key is charged once, however often it is asked. */
export interface Till {
  charge(request: { key: string; grams: number; signal: AbortSignal }): Promise<'paid' | 'declined'>
}

export const Postage = entity('postage', { settled: false })
  .evolve(PostagePaid, () => ({ settled: true }))
  .evolve(PostageRefused, () => ({ settled: true }))

export const charge = (till: Till) =>
  on(ParcelSent)
    .at(Postage, 'parcelId')
    .effect(
      ({ settled }, { grams }, { idempotencyKey: key, signal }) =>
        settled ? undefined : till.charge({ key, grams, signal }),
      { attempt: { seconds: 5 }, within: { minutes: 1 } },
    )
    .emits(PostagePaid, PostageRefused)
    .decide((_, { parcelId }, { outcome }) => {
      if (outcome.status === 'unknown') return PostageRefused({ parcelId, reason: 'NO_ANSWER' })
      if (outcome.value === undefined) return undefined
      return outcome.value === 'paid'
        ? PostagePaid({ parcelId })
        : PostageRefused({ parcelId, reason: 'DECLINED' })
    })
// #endregion

// #region view
export const Parcels = view('parcels', {
  key: 'parcelId',
  row: Type.Object({ ...ParcelRef, status: Type.String() }),
})
  .on(ParcelSent, (_, { parcelId }) => ({ parcelId, status: 'sent' }))
  .on(ParcelReturned, (row) => row && { ...row, status: 'returned' })
// #endregion

export const postOf = (till: Till) =>
  system('post', [
    service('counter', {
      entities: [Journey],
      commands: [send],
      handlers: [on(PostagePaid).at(Journey, 'parcelId').observe(), giveUp],
      views: [Parcels],
    }),
    service('till', { entities: [Postage], handlers: [charge(till)] }),
  ])
