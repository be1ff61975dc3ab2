import { type CommandDef, command, entity, event, on, service, system } from '@waybill/core'
import type { Application } from '@waybill/runtime'
import Type, { type TProperties } from 'typebox'

/** A system in one of its versions. */
export interface Parcels {
  readonly application: Application
  /** Of the service `counter`, which tells the service `depot`. */
  readonly send: CommandDef<{ parcelId: string }, unknown>
  /** Of the service `depot`. */
  readonly Shelf: ReturnType<typeof shelf>['Shelf']
}

/**
 * A parcel that is sent at the counter lies on a shelf in the depot.
 * @param more what this version of the event has beside the parcel's id, with a value
 */
export function parcels(name: string, more: TProperties = {}, values: object = {}): Parcels {
  const { ParcelSent, Shelf } = shelf(name, more)
  const Parcel = entity('parcel', {})
  const send = command('send', {
    input: Type.Object({ parcelId: Type.String() }),
    at: Parcel,
    id: ({ parcelId }) => parcelId,
    emits: [ParcelSent],
    decide: (_, { parcelId }) => ParcelSent({ parcelId, ...values }),
  })
  const definition = system(name, [
    service('counter', { entities: [Parcel], commands: [send] }),
    service('depot', {
      entities: [Shelf],
      handlers: [on(ParcelSent).at(Shelf, 'parcelId').observe()],
    }),
  ])
  const application = { name, defaultPort: 0, example: '', create: () => definition }
  return { application, send, Shelf }
}

function shelf(name: string, more: TProperties) {
  const data = Type.Object({ parcelId: Type.String(), ...more })
  const ParcelSent = event('ParcelSent', { topic: `${name}-sent`, key: 'parcelId', data })
  const Shelf = entity('shelf', { isFull: false }).evolve(ParcelSent, () => ({ isFull: true }))
  return { ParcelSent, Shelf }
}
