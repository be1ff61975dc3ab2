import { type EventDef, messageOf, type SystemDef, WaybillError } from '@waybill/core'
import type { AvroField, AvroRecord, AvroSchema } from './avro-schema.ts'
import { avroType } from './avro-type.ts'
import { isOptional, type JsonSchema, valuesOf } from './json-schema.ts'

const nameRule = /^[A-Za-z_][A-Za-z0-9_]*$/

/** Where in an event's payload a type is being derived. */
interface Place {
  readonly event: string
  /** The names of the fields from the payload's root down. */
  readonly path: readonly string[]
  /** The names of records and enums given so far, by the path of their field. */
  readonly names: Map<string, string>
}

/** The namespace of a system's records: `waybill.shop`. */
function namespaceOf(system: SystemDef): string {
  return `waybill.${system.name.replaceAll(/[^A-Za-z0-9_]/g, '_')}`
}

/** The full name of an event's record: `waybill.shop.OrderCreated`. */
export function fullNameOf(system: SystemDef, event: Pick<EventDef, 'type'>): string {
  return `${namespaceOf(system)}.${recordName(event.type)}`
}

/**
 * The Avro records of a system's events, by event type.
 * @throws SYSTEM_INVALID when Avro cannot express a payload, or two event types give one record name
 */
export function schemasOf(system: SystemDef): ReadonlyMap<string, AvroRecord> {
  const events = [...system.events.values()]
  for (const [name, same] of Map.groupBy(events, (event) => recordName(event.type))) {
    if (same.length > 1) {
      const types = same.map((event) => event.type).join(' and ')
      throw new WaybillError('SYSTEM_INVALID', `events ${types}: both are called ${name} in Avro`)
    }
  }
  return new Map(events.map((event) => [event.type, avroOf(event, namespaceOf(system))]))
}

/**
 * The Avro record of an event's payload. Its name is the event's type, with `_` for dots and dashes; records
 * and enums inside are called after it and the path of their field: `OrderCreated_items`.
 * A property that may be absent is a union with null: Avro has no other word for it.
 * @throws SYSTEM_INVALID naming the event and the field when Avro cannot express it
 */
export function avroOf(event: EventDef, namespace: string): AvroRecord {
  const place: Place = { event: event.type, path: [], names: new Map() }
  if (!/^[A-Za-z_][\w.-]*$/.test(event.type)) {
    throw fault(place, 'its type takes letters, digits, dots and dashes, beginning with a letter')
  }
  const schema: JsonSchema = event.schema
  const record: AvroRecord = {
    type: 'record',
    name: recordName(event.type),
    namespace,
    ...docOf(schema),
    fields: fieldsOf(schema, place),
  }
  try {
    avroType(record)
  } catch (error) {
    throw fault(place, messageOf(error))
  }
  return record
}

function recordName(eventType: string): string {
  return eventType.replaceAll(/[.-]/g, '_')
}

function typeOf(schema: JsonSchema, place: Place): AvroSchema {
  if (schema.anyOf !== undefined) return unionOf(schema.anyOf, place)
  if (schema.enum !== undefined) return choiceOf(schema.enum, place)
  switch (schema.type) {
    case 'string':
      if (schema.const !== undefined) return choiceOf([schema.const], place)
      return schema.format === 'uuid' ? { type: 'string', logicalType: 'uuid' } : 'string'
    case 'integer':
      return 'long'
    case 'number':
      return 'double'
    case 'boolean':
      return 'boolean'
    case 'array':
      return { type: 'array', items: itemsOf(schema, place) }
    case 'object':
      return objectOf(schema, place)
    default:
      throw fault(place, `Avro has no type for ${JSON.stringify(schema)}`)
  }
}

function itemsOf(schema: JsonSchema, place: Place): AvroSchema {
  if (schema.items === undefined || !('length' in schema.items)) return typeOf(schema.items ?? {}, place)
  throw fault(place, 'Avro has no tuples; use an object or an array of one type')
}

function objectOf(schema: JsonSchema, place: Place): AvroSchema {
  const values = valuesOf(schema)
  if (values !== undefined) return { type: 'map', values: typeOf(values, place) }
  const fields = fieldsOf(schema, place)
  // Free-form objects look like this, and Avro would silently drop what is in them.
  if (fields.length === 0) throw fault(place, 'an object without properties; say which, or use Type.Record')
  return { type: 'record', name: nameAt(place), fields }
}

function fieldsOf(schema: JsonSchema, place: Place): AvroField[] {
  if (typeof schema.additionalProperties === 'object') {
    throw fault(place, 'additional properties with a schema; Avro has either named fields or a map')
  }
  return Object.entries(schema.properties ?? {}).map(([name, property]) =>
    fieldOf(name, property, isOptional(schema, name), { ...place, path: [...place.path, name] }),
  )
}

function fieldOf(name: string, schema: JsonSchema, optional: boolean, place: Place): AvroField {
  if (!nameRule.test(name)) throw fault(place, 'an Avro field takes letters, digits and underscores')
  const type = typeOf(schema, place)
  const nullable = Array.isArray(type)
  if (optional && nullable) throw fault(place, 'both optional and nullable; Avro has one null for both')
  const fallback = schema.default === undefined && optional ? null : schema.default
  const branches = optional ? ['null', type] : type
  return {
    name,
    ...docOf(schema),
    // The default of a union belongs to its first branch.
    type: Array.isArray(branches) && (fallback ?? null) !== null ? branches.toReversed() : branches,
    ...(fallback !== undefined && { default: fallback }),
  }
}

function unionOf(branches: readonly JsonSchema[], place: Place): AvroSchema {
  const values = branches.filter((branch) => branch.type !== 'null')
  const type =
    values.length === 1
      ? typeOf(values[0]!, place)
      : choiceOf(
          values.map((branch) => branch.const),
          place,
        )
  return values.length === branches.length ? type : ['null', type]
}

/** One of several strings: an enum, or a string when Avro does not take one of them as a symbol. */
function choiceOf(values: readonly unknown[], place: Place): AvroSchema {
  const strings = values.filter((value) => typeof value === 'string')
  if (strings.length < values.length || values.length === 0) {
    throw fault(place, 'a union of more than literal strings, or one type, and null')
  }
  return strings.every((value) => nameRule.test(value))
    ? { type: 'enum', name: nameAt(place), symbols: [...new Set(strings)] }
    : 'string'
}

function nameAt(place: Place): string {
  const name = [recordName(place.event), ...place.path].join('_')
  const taken = place.names.get(name)
  if (taken !== undefined) throw fault(place, `called ${name} in Avro, as field ${taken} is`)
  place.names.set(name, place.path.join('.'))
  return name
}

function docOf(schema: JsonSchema): { doc?: string } {
  const doc = schema.description ?? schema.title
  return doc === undefined ? {} : { doc }
}

function fault(place: Place, what: string): WaybillError {
  const where = place.path.length === 0 ? '' : `, field ${place.path.join('.')}`
  return new WaybillError('SYSTEM_INVALID', `event ${place.event}${where}: ${what}`)
}
