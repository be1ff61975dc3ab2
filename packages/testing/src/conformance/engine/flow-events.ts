import { event, type EventDef, internal, type KeyField, topic } from '@waybill/core'
import Type, { type Static, type TObject } from 'typebox'

/** The first field of each payload is its event's key. */
const Order = Type.Object({ orderId: Type.String(), product: Type.String() })
const Note = Type.Object({ key: Type.String(), n: Type.Integer() })
const Pieces = Type.Object({ product: Type.String(), quantity: Type.Integer() })

export const payloads = { Order, Note, Pieces }

/** The events of one flow. @param suffix tells their topics from those of other flows */
export function flowEvents(suffix: string) {
  const published = <const N extends string, S extends TObject>(name: N, data: S): EventDef<N, Static<S>> => {
    const [key] = Object.keys(data.properties) as [KeyField<Static<S>>]
    return event(name, { topic: topic(`${name.toLowerCase()}-${suffix}`, { partitions: 2 }), key, data })
  }
  return {
    Placed: published('Placed', Order),
    Reserved: published('Reserved', Order),
    Refused: published('Refused', Order),
    Paid: published('Paid', Order),
    PaymentUnknown: published('PaymentUnknown', Order),
    Cancelled: published('Cancelled', Order),
    Noted: published('Noted', Note),
    Read: published('Read', Note),
    Restocked: published('Restocked', Pieces),
    Overdue: internal('Overdue', { data: Order }),
    Welcomed: internal('Welcomed', { data: Order }),
  }
}

export type FlowEvents = ReturnType<typeof flowEvents>
