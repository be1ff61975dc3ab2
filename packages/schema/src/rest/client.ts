import { WaybillError } from '@waybill/core'
import type { AvroSchema } from '../avro-schema.ts'
import { type CompatibilityLevel, incompatibilities } from '../compatibility.ts'
import { type SchemaReference, standingAlone } from '../references.ts'
import type { Registry, SchemaVersion } from '../registry/registry.ts'
import { type Answer, connectionTo } from './connection.ts'

/** The largest id: Java's largest int. Anything above in a payload is no id. */
const idMax = 2 ** 31 - 1

/** A schema as a registry tells it. */
interface Told {
  readonly schema: string
  /** Absent: AVRO. */
  readonly schemaType?: string
  readonly references?: readonly SchemaReference[]
}

/**
 * A registry that is reached over HTTP by Confluent's REST API.
 * @param address `http://host:port/path`, with `user:password@` before the host where the registry asks for them
 */
export function createRegistryClient(address: string): Registry {
  const { ask, unavailable } = connectionTo(address)
  /** By id, or by version and subject: neither ever changes its meaning. */
  const schemas = new Map<string, AvroSchema>()
  const versions = new Map<string, SchemaVersion>()

  async function schemaIn(key: string, told: Told): Promise<AvroSchema | undefined> {
    const known = schemas.get(key)
    if (known !== undefined || (told.schemaType ?? 'AVRO') !== 'AVRO') return known
    const others: AvroSchema[] = []
    for (const { subject, version } of told.references ?? []) {
      const other = await versionOf(subject, version)
      if (other !== undefined) others.push(other.schema)
    }
    const schema = parsed(told.schema, others)
    if (schema !== undefined) schemas.set(key, schema)
    return schema
  }

  /** `undefined`: there is none, or none in Avro. */
  async function versionOf(subject: string, number: number): Promise<SchemaVersion | undefined> {
    const key = `${number} of ${subject}`
    const known = versions.get(key)
    if (known !== undefined) return known
    const { status, body } = await ask('GET', `${subjectPath(subject)}/versions/${number}`)
    const schema = status === 200 ? await schemaIn(String(body.id), body) : undefined
    if (schema === undefined) return undefined
    const version = { version: number, id: body.id as number, schema }
    versions.set(key, version)
    return version
  }

  async function versionsOf(subject: string): Promise<SchemaVersion[]> {
    const { status, body } = await ask('GET', `${subjectPath(subject)}/versions`)
    const found = await Promise.all(
      status === 200 ? body.map((number: number) => versionOf(subject, number)) : [],
    )
    return found.filter((version) => version !== undefined)
  }

  /** The id of a schema that the subject has already. */
  async function idIn(subject: string, schema: AvroSchema): Promise<number | undefined> {
    const { status, body } = await ask('POST', `${subjectPath(subject)}?normalize=true`, told(schema))
    return status === 200 ? body.id : undefined
  }

  async function reasonsAgainst(subject: string, schema: AvroSchema): Promise<readonly string[]> {
    const path = `/compatibility${subjectPath(subject)}/versions?verbose=true&normalize=true`
    const { status, body } = await ask('POST', path, told(schema))
    if (status === 404 || body.is_compatible === true) return []
    if (status !== 200) throw refused(`the schema of ${subject}`, { status, body })
    return body.messages?.length > 0 ? body.messages : await ownReasons(subject, schema)
  }

  /** For registries that only say no. */
  async function ownReasons(subject: string, schema: AvroSchema): Promise<readonly string[]> {
    const earlier = (await versionsOf(subject)).map((version) => version.schema)
    const level = await levelOf(subject)
    const reasons = incompatibilities(level === 'NONE' ? 'BACKWARD' : level, schema, earlier)
    return reasons.length > 0 ? reasons : ['the registry says that it does not fit, and not why']
  }

  async function levelOf(subject: string): Promise<CompatibilityLevel> {
    const own = await ask('GET', `/config/${encodeURIComponent(subject)}?defaultToGlobal=true`)
    const { body } = own.status === 200 ? own : await ask('GET', '/config')
    return body.compatibilityLevel
  }

  return {
    async register(subject, schema) {
      const existing = await idIn(subject, schema)
      if (existing !== undefined) return existing
      // Some registries have a level for questions and another one for registrations: that none is set.
      const reasons = await reasonsAgainst(subject, schema)
      if (reasons.length > 0) throw incompatible(subject, reasons)
      const path = `${subjectPath(subject)}/versions?normalize=true`
      const { status, body } = await ask('POST', path, told(schema))
      if (status === 409) throw incompatible(subject, [body.message])
      if (status !== 200) throw refused(`the schema of ${subject}`, { status, body })
      return body.id
    },

    async schemaById(id) {
      const known = schemas.get(String(id))
      if (known !== undefined) return known
      if (typeof id === 'number' && (id < 1 || id > idMax)) return undefined
      const path = typeof id === 'number' ? `/schemas/ids/${id}` : `/schemas/guids/${id}`
      const { status, body } = await ask('GET', path)
      if (status === 200) return schemaIn(String(id), body)
      // Who answers in the place of a registry knows no ids; and there are registries that know no GUIDs.
      if (typeof id === 'string' || 'error_code' in body) return undefined
      throw unavailable(path, `it answers ${status}, and not as a registry does`)
    },

    versions: versionsOf,

    async check(subject, schema) {
      return (await idIn(subject, schema)) === undefined ? reasonsAgainst(subject, schema) : []
    },

    level: levelOf,

    async setLevel(subject, level) {
      const path = `/config/${encodeURIComponent(subject)}`
      const { status, body } = await ask('PUT', path, { compatibility: level })
      if (status !== 200) throw refused(`the level ${level} of ${subject}`, { status, body })
    },
  }
}

function subjectPath(subject: string): string {
  return `/subjects/${encodeURIComponent(subject)}`
}

function told(schema: AvroSchema): Told {
  return { schema: JSON.stringify(schema), schemaType: 'AVRO' }
}

function incompatible(subject: string, reasons: readonly string[]): WaybillError {
  return new WaybillError('SCHEMA_INCOMPATIBLE', [subject, ...reasons].join('\n  - '))
}

function refused(what: string, { status, body }: Answer): WaybillError {
  const reason = body.message ?? 'without a reason; is its path right?'
  return new WaybillError(
    'CONFIGURATION_INVALID',
    `The schema registry refuses ${what}. It answers ${status}: ${reason}`,
  )
}

/** `undefined`: it is none in Avro. */
function parsed(text: string, others: readonly AvroSchema[]): AvroSchema | undefined {
  try {
    const schema = JSON.parse(text) as AvroSchema
    return others.length === 0 ? schema : standingAlone(schema, others)
  } catch {
    return undefined
  }
}
