import type { AvroSchema } from '../avro-schema.ts'
import type { CompatibilityLevel } from '../compatibility.ts'
import type { SchemaId } from '../wire.ts'

/** One schema in the history of a subject. */
export interface SchemaVersion {
  /** 1, 2, 3 … in a subject. */
  readonly version: number
  /** The same for the same schema in every subject; what payloads carry. */
  readonly id: number
  readonly schema: AvroSchema
}

/**
 * Keeps every version of every schema, by subject, and lets in only what the subject's level allows.
 * Schemas are the same when they say the same, whatever the order of their keys. They are given whole: where one was
 * registered with references to others, those stand in it.
 *
 * All of it throws REGISTRY_UNAVAILABLE when the registry cannot be asked; `register` and `setLevel` throw
 * CONFIGURATION_INVALID when it does not allow them.
 */
export interface Registry {
  /**
   * Adds a schema as the newest version of a subject. One that the subject has already is not added again.
   * @returns the schema's id
   * @throws SCHEMA_INCOMPATIBLE with every reason
   */
  register(subject: string, schema: AvroSchema): Promise<number>
  /** The schema with an id; `undefined` when there is none, or none in Avro. */
  schemaById(id: SchemaId): Promise<AvroSchema | undefined>
  /** The oldest first; none of a subject that nobody has registered. */
  versions(subject: string): Promise<readonly SchemaVersion[]>
  /** Why `register` would refuse a schema, a line for each reason; none when it would not. */
  check(subject: string, schema: AvroSchema): Promise<readonly string[]>
  /** What a new version of a subject must fulfil. Default: that of the registry; of the embedded one, BACKWARD. */
  level(subject: string): Promise<CompatibilityLevel>
  setLevel(subject: string, level: CompatibilityLevel): Promise<void>
}
