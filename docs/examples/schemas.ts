import { event, on, service, system } from '@waybill/core'
import { incompatibilities, schemasOf } from '@waybill/schema'
import Type, { type TObject, type TString } from 'typebox'

/** The Avro schema of `ParcelSent` with this payload. */
function schemaOf(data: TObject<{ parcelId: TString }>) {
  const ParcelSent = event('ParcelSent', { topic: 'parcel-sent', key: 'parcelId', data })
  const resend = on(ParcelSent)
    .emits(ParcelSent)
    .decide(() => undefined)
  return schemasOf(system('post', [service('counter', { handlers: [resend] })])).get('ParcelSent')!
}

// #region versions
const committed = Type.Object({ parcelId: Type.String(), depot: Type.String() })

/** May be absent: events of before have none. */
const optional = Type.Object({ ...committed.properties, note: Type.Optional(Type.String()) })

/** With a default: events of before are read as if they had it. */
const withDefault = Type.Object({ ...committed.properties, grams: Type.Integer({ default: 0 }) })

/** Neither: events of before cannot be read. */
const required = Type.Object({ ...committed.properties, grams: Type.Integer() })

/** No longer there: what was written of it is skipped. */
const without = Type.Object({ parcelId: Type.String() })

/** Of another type. */
const retyped = Type.Object({ ...committed.properties, depot: Type.Integer() })
// #endregion

for (const [name, data] of Object.entries({ optional, withDefault, required, without, retyped })) {
  const reasons = incompatibilities('BACKWARD', schemaOf(data), [schemaOf(committed)])
  console.log(`${name}: ${reasons.join(', ') || 'compatible'}`)
}
