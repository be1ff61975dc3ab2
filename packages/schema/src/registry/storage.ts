import type { AvroSchema } from '../avro-schema.ts'
import type { CompatibilityLevel } from '../compatibility.ts'

/** Something that was decided in an embedded registry, for good. All of them in order are its whole state. */
export type RegistryRecord =
  | {
      readonly kind: 'schema'
      readonly subject: string
      readonly version: number
      readonly id: number
      readonly schema: AvroSchema
    }
  | { readonly kind: 'level'; readonly subject: string; readonly level: CompatibilityLevel }

/** Where an embedded registry keeps its records: a list that only grows. */
export interface RegistryStorage {
  /** All records, in the order in which they were appended. */
  load(): Promise<readonly RegistryRecord[]>
  /**
   * Appends a record behind the first `position` ones.
   * @returns false, having done nothing, when another process has appended there first
   */
  append(record: RegistryRecord, position: number): Promise<boolean>
}

/** Keeps the records of an embedded registry as long as the process lives. */
export function memoryStorage(): RegistryStorage {
  const records: RegistryRecord[] = []
  return {
    load: async () => [...records],
    append: async (record, position) => {
      const free = records.length === position
      if (free) records.push(record)
      return free
    },
  }
}
