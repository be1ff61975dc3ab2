import { WaybillError } from '@waybill/core'
import type { AvroSchema } from '../avro-schema.ts'
import { type CompatibilityLevel, incompatibilities } from '../compatibility.ts'
import { normalised } from './normalised.ts'
import type { Registry, SchemaVersion } from './registry.ts'
import { memoryStorage, type RegistryRecord, type RegistryStorage } from './storage.ts'

/**
 * A registry inside the process. Ids count from 1 in the order of registration. It keeps nothing beside its
 * storage, so that several processes may share one.
 */
export function createEmbeddedRegistry(storage: RegistryStorage = memoryStorage()): Registry {
  return {
    async register(subject, schema) {
      for (;;) {
        const records = await storage.load()
        const existing = versionsIn(records, subject).find((version) => same(version.schema, schema))
        if (existing !== undefined) return existing.id
        const reasons = reasonsAgainst(records, subject, schema)
        if (reasons.length > 0)
          throw new WaybillError('SCHEMA_INCOMPATIBLE', [subject, ...reasons].join('\n  - '))
        const record = nextVersion(records, subject, schema)
        // Another process was quicker: what it appended may change the answer.
        if (await storage.append(record, records.length)) return record.id
      }
    },

    async schemaById(id) {
      return schemasIn(await storage.load()).find((record) => record.id === id)?.schema
    },

    async versions(subject) {
      return versionsIn(await storage.load(), subject)
    },

    async check(subject, schema) {
      return reasonsAgainst(await storage.load(), subject, schema)
    },

    async level(subject) {
      return levelIn(await storage.load(), subject)
    },

    async setLevel(subject, level) {
      let appended = false
      while (!appended) {
        const records = await storage.load()
        appended = await storage.append({ kind: 'level', subject, level }, records.length)
      }
    },
  }
}

type SchemaRecord = Extract<RegistryRecord, { kind: 'schema' }>

function schemasIn(records: readonly RegistryRecord[]): SchemaRecord[] {
  return records.filter((record) => record.kind === 'schema')
}

function versionsIn(records: readonly RegistryRecord[], subject: string): SchemaVersion[] {
  return schemasIn(records)
    .filter((record) => record.subject === subject)
    .map(({ version, id, schema }) => ({ version, id, schema }))
}

function levelIn(records: readonly RegistryRecord[], subject: string): CompatibilityLevel {
  const found = records.findLast((record) => record.kind === 'level' && record.subject === subject)
  return found?.kind === 'level' ? found.level : 'BACKWARD'
}

function reasonsAgainst(
  records: readonly RegistryRecord[],
  subject: string,
  schema: AvroSchema,
): readonly string[] {
  const earlier = versionsIn(records, subject).map((version) => version.schema)
  if (earlier.some((known) => same(known, schema))) return []
  return incompatibilities(levelIn(records, subject), schema, earlier)
}

function nextVersion(records: readonly RegistryRecord[], subject: string, schema: AvroSchema): SchemaRecord {
  const schemas = schemasIn(records)
  const known = schemas.find((record) => same(record.schema, schema))
  return {
    kind: 'schema',
    subject,
    version: versionsIn(records, subject).length + 1,
    id: known?.id ?? Math.max(0, ...schemas.map((record) => record.id)) + 1,
    schema,
  }
}

function same(one: AvroSchema, other: AvroSchema): boolean {
  return normalised(one) === normalised(other)
}
