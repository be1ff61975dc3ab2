// #region events
import { command, entity, event, on, service, system } from '@waybill/core'
import { story } from '@waybill/testing'
import Type from 'typebox'

const Parcel = Type.Object({ parcelId: Type.String(), depot: Type.String() })
const ParcelSent = event('ParcelSent', { topic: 'parcel-sent', key: 'parcelId', data: Parcel })
const ParcelStored = event('ParcelStored', { topic: 'parcel-stored', key: 'parcelId', data: Parcel })
const ParcelRefused = event('ParcelRefused', { topic: 'parcel-refused', key: 'parcelId', data: Parcel })
// #endregion

// #region counter
const Journey = entity('journey', { sent: false }).evolve(ParcelSent, () => ({ sent: true }))
const send = command('send', {
  input: Type.Object({ depot: Type.String({ minLength: 1 }) }),
  at: Journey,
  id: (_, { newId }) => newId(),
  emits: [ParcelSent],
  decide: (_, { depot }, { id }) => ParcelSent({ parcelId: id, depot }),
})
// #endregion

// #region depot
const Shelf = entity('shelf', { free: 2 }).evolve(ParcelStored, ({ free }) => ({ free: free - 1 }))
const shelve = on(ParcelSent)
  .at(Shelf, 'depot')
  .emits(ParcelStored, ParcelRefused)
  .decide(({ free }, parcel) => (free > 0 ? ParcelStored(parcel) : ParcelRefused(parcel)))
// #endregion

// #region system
const post = system('post', [
  service('counter', { entities: [Journey], commands: [send] }),
  service('depot', { entities: [Shelf], handlers: [shelve] }),
])
// #endregion

// #region run
const run = await story(post)
for (let n = 0; n < 3; n += 1) await run.submit(send, { depot: 'Seoul' })
await run.settle()
for (const { service, type } of run.committed()) console.log(service, type)
console.log(await run.read('depot').entity(Shelf, 'Seoul'))
await run.end()
// #endregion
