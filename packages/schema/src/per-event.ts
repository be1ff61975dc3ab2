import { type EventDef, invariant, type SystemDef } from '@waybill/core'
import type { Type } from 'avsc'
import { schemasOf } from './avro.ts'
import { avroType } from './avro-type.ts'

/**
 * Prepares something for each event of a system, and finds it again by the event.
 * @param make is given the event's type in Avro, ready to read and write
 * @throws SYSTEM_INVALID when Avro cannot express an event of the system
 */
export function perEvent<T>(
  system: SystemDef,
  make: (event: EventDef, type: Type) => T,
): (event: EventDef) => T {
  const made = new Map<string, T>()
  for (const [type, schema] of schemasOf(system)) {
    made.set(type, make(system.events.get(type)!, avroType(schema)))
  }
  return (event) => {
    const found = made.get(event.type)
    invariant(found !== undefined, `event ${event.type} is not of the system ${system.name}`)
    return found
  }
}
