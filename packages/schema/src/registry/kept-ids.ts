import { WaybillError } from '@waybill/core'
import type { AvroSchema } from '../avro-schema.ts'
import { avroType } from '../avro-type.ts'
import type { Registry } from './registry.ts'
import type { RegistryRecord, RegistryStorage } from './storage.ts'

type SchemaRecord = Extract<RegistryRecord, { kind: 'schema' }>

/**
 * Guards the ids that stand in stored payloads. What is registered is kept beside them, too, so that another registry,
 * which means something else by the same ids, is noticed before anything is read or written with it.
 * @param storage of the database in which the payloads are; records of an embedded registry count as well
 * @throws CONFIGURATION_INVALID naming every id that the registry does not have, or has for another schema
 */
export async function keepingIds(registry: Registry, storage: RegistryStorage): Promise<Registry> {
  const faults: string[] = []
  const kept = new Set<number>()
  for (const { id, subject, schema } of schemasIn(await storage.load())) {
    if (kept.has(id)) continue
    kept.add(id)
    const found = await registry.schemaById(id)
    if (found === undefined) faults.push(`${id}, of ${subject}, is not there`)
    else if (!readsAlike(found, schema)) faults.push(`${id}, of ${subject}, is another schema there`)
  }
  if (faults.length > 0) {
    const message = [
      'The events in this database name their schemas by ids that mean something else to the schema registry. Use the registry with which they were written, or bring its schemas over with their ids:',
      ...faults,
    ]
    throw new WaybillError('CONFIGURATION_INVALID', message.join('\n  - '))
  }

  return {
    ...registry,
    async register(subject, schema) {
      const id = await registry.register(subject, schema)
      if (!kept.has(id)) {
        const versions = await registry.versions(subject)
        const version = versions.find((known) => known.id === id)?.version ?? versions.length
        await keep({ kind: 'schema', subject, version, id, schema }, storage)
        kept.add(id)
      }
      return id
    },
  }
}

/** Several processes may do so at once. */
async function keep(record: SchemaRecord, storage: RegistryStorage): Promise<void> {
  let records: readonly RegistryRecord[]
  do {
    records = await storage.load()
    if (schemasIn(records).some(({ id }) => id === record.id)) return
  } while (!(await storage.append(record, records.length)))
}

function schemasIn(records: readonly RegistryRecord[]): SchemaRecord[] {
  return records.filter((record) => record.kind === 'schema')
}

/** Whether the same bytes mean the same by both. */
function readsAlike(one: AvroSchema, other: AvroSchema): boolean {
  try {
    return avroType(one).equals(avroType(other))
  } catch {
    return false
  }
}
