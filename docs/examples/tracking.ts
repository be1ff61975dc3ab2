import {
  command,
  entity,
  event,
  isRefusal,
  on,
  query,
  refuse,
  type Refusal,
  service,
  system,
  view,
} from '@waybill/core'
import { accounts, type Application } from '@waybill/runtime'
import Type from 'typebox'

const Status = Type.Enum(['sent', 'arrived', 'lost'])
const Depot = Type.String({ minLength: 1, maxLength: 40, examples: ['Seoul'] })
const ParcelRef = { parcelId: Type.String() }

export const ParcelSent = event('ParcelSent', {
  topic: 'parcel-sent',
  key: 'parcelId',
  data: Type.Object({ ...ParcelRef, sender: Type.String(), depot: Depot, postage: Type.Integer() }),
})
export const ParcelArrived = event('ParcelArrived', {
  topic: 'parcel-arrived',
  key: 'parcelId',
  data: Type.Object({ ...ParcelRef, depot: Depot }),
})
export const ShipmentLost = event('ShipmentLost', {
  topic: 'shipment-lost',
  key: 'shipmentId',
  data: Type.Object({ shipmentId: Type.String(), parcelIds: Type.Array(Type.String()) }),
})

// #region view
const ParcelRow = Type.Object({ ...ParcelRef, sender: Type.String(), depot: Depot, status: Status })

export const Parcels = view('parcels', {
  key: 'parcelId',
  row: ParcelRow,
  indexes: [['sender'], ['sender', 'status']],
})
  .on(ParcelSent, (_, { parcelId, sender, depot }) => ({ parcelId, sender, depot, status: 'sent' }))
  .on(ParcelArrived, (row) => row && { ...row, status: 'arrived' })
  .on(
    ShipmentLost,
    ({ parcelIds }) => parcelIds,
    (row) => row && { ...row, status: 'lost' },
  )

/** A row for each depot: of another key than the events. */
export const Depots = view('depots', {
  key: 'depot',
  row: Type.Object({ depot: Depot, parcels: Type.Integer() }),
}).on(ParcelSent, (row, { depot }) => ({ depot, parcels: (row?.parcels ?? 0) + 1 }))
// #endregion

// #region list
export const listParcels = query('parcels', {
  http: 'GET /api/parcels',
  role: 'user',
  input: Type.Object({
    status: Type.Optional(Status),
    limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 100 })),
    cursor: Type.Optional(Type.String()),
  }),
  output: Type.Object({
    items: Type.Array(ParcelRow),
    nextCursor: Type.Union([Type.String(), Type.Null()]),
  }),
  answer: (read, { status, limit, cursor }, { userId: sender }) =>
    read.rows(Parcels, { where: { sender, status }, limit, cursor }),
})
// #endregion

const unknownParcel = (parcelId: string): Refusal =>
  refuse('UNKNOWN_PARCEL', `There is no parcel ${parcelId} of yours.`, { kind: 'not-found' })

// #region one
export const getParcel = query('parcel', {
  http: 'GET /api/parcels/{parcelId}',
  role: 'user',
  input: Type.Object(ParcelRef),
  output: ParcelRow,
  answer: async (read, { parcelId }, { userId }) => {
    const row = await read.row(Parcels, parcelId)
    return row?.sender === userId ? row : unknownParcel(parcelId)
  },
})
// #endregion

// #region ask
/** Without a route: for other services only. */
export const postageFor = query('postage-for', {
  input: Type.Object({ grams: Type.Integer() }),
  output: Type.Object({ postage: Type.Integer() }),
  answer: async (_, { grams }) =>
    grams > 20_000
      ? refuse('TOO_HEAVY', 'A parcel weighs at most 20 kg.', { pointer: '/grams' })
      : { postage: 3_000 + 2 * grams },
})
// #endregion

interface Journey {
  readonly sender: string
  readonly depot: string
  readonly status: 'none' | 'sent' | 'arrived'
}
export const Journey = entity<Journey>('journey', { sender: '', depot: '', status: 'none' })
  .evolve(ParcelSent, (_, { sender, depot }) => ({ sender, depot, status: 'sent' }))
  .evolve(ParcelArrived, (journey) => ({ ...journey, status: 'arrived' }))

// #region send
export const send = command('send', {
  http: 'POST /api/parcels',
  role: 'user',
  input: Type.Object({ depot: Depot, grams: Type.Integer({ minimum: 1 }) }),
  effect: ({ grams }, io) => io.ask(postageFor, { grams }),
  at: Journey,
  id: (_, { newId }) => newId(),
  emits: [ParcelSent],
  decide: (_, { depot }, { id: parcelId, caller: { userId: sender }, gathered }) =>
    isRefusal(gathered) ? gathered : ParcelSent({ parcelId, sender, depot, postage: gathered.postage }),
  output: Type.Object({ ...ParcelRef, status: Type.String() }),
  reply: ({ status }, { id: parcelId }) => ({ parcelId, status }),
  settled: ({ status }) => status !== 'sent',
})
// #endregion

// #region lose
export const reportLoss = command('report-loss', {
  http: 'PUT /api/shipments/{shipmentId}/loss',
  role: 'admin',
  input: Type.Object({
    shipmentId: Type.String({ maxLength: 40 }),
    parcelIds: Type.Array(Type.String(), { minItems: 1, maxItems: 100 }),
  }),
  at: entity('shipment', {}),
  id: ({ shipmentId }) => shipmentId,
  emits: [ShipmentLost],
  decide: (_, { shipmentId, parcelIds }) => ShipmentLost({ shipmentId, parcelIds }),
})
// #endregion

const Shelf = entity('shelf', { stored: 0 }).evolve(ParcelArrived, ({ stored }) => ({ stored: stored + 1 }))
const shelve = on(ParcelSent)
  .at(Shelf, 'depot')
  .emits(ParcelArrived)
  .decide((_, { parcelId, depot }) => ParcelArrived({ parcelId, depot }))

export const post = system('post', [
  service('counter', {
    entities: [Journey, reportLoss.entity],
    commands: [send, reportLoss],
    queries: [listParcels, getParcel],
    views: [Parcels, Depots],
    handlers: [on(ParcelArrived).at(Journey, 'parcelId').observe()],
  }),
  service('depot', { entities: [Shelf], handlers: [shelve] }),
  service('tariff', { queries: [postageFor] }),
  accounts,
])

const application: Application = {
  name: 'post',
  defaultPort: 8085,
  example: 'curl {address}/api/parcels -H "Authorization: Bearer {token}"',
  create: () => post,
}
export default application
