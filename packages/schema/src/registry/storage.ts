import type { AvroSchema } from '../avro-schema.ts'
import type { CompatibilityLevel } from '../compatibility.ts'
import type { SchemaReference } from '../references.ts'

/**
 * What may be done with a subject. `READONLY`, `READONLY_OVERRIDE`: nothing new. `IMPORT`: only schemas that come with
 * their ids, and without a look at those before.
 */
export const registryModes = ['READWRITE', 'READONLY', 'READONLY_OVERRIDE', 'IMPORT'] as const
export type RegistryMode = (typeof registryModes)[number]

/** What else is told of a subject's configuration, as it came: `normalize`, `alias` … It is kept and shown, no more. */
export type Settings = Readonly<Record<string, unknown>>

/** Something that was decided in an embedded registry, for good. All of them in order are its whole state. */
export type RegistryRecord =
  | {
      readonly kind: 'schema'
      readonly subject: string
      readonly version: number
      readonly id: number
      readonly schema: AvroSchema
      /** Where types are defined that the schema only names; default: it names none. */
      readonly references?: readonly SchemaReference[]
    }
  /** Without a subject: of all that have none of their own. `null`: the subject has none of its own any more. */
  | {
      readonly kind: 'level'
      readonly subject?: string
      readonly level: CompatibilityLevel | null
      /** Default: none any more. */
      readonly settings?: Settings
    }
  | { readonly kind: 'mode'; readonly subject?: string; readonly mode: RegistryMode | null }
  /** Versions of a subject are no longer listed, or, permanently, no longer there. Their ids still mean the same. */
  | {
      readonly kind: 'deletion'
      readonly subject: string
      readonly versions: readonly number[]
      readonly permanent: boolean
    }

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
