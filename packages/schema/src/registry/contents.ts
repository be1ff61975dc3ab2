import { createHash } from 'node:crypto'
import type { AvroSchema } from '../avro-schema.ts'
import type { CompatibilityLevel } from '../compatibility.ts'
import { type SchemaReference, standingAlone } from '../references.ts'
import { uuidOf } from '../wire.ts'
import { normalised } from './normalised.ts'
import type { RegistryMode, RegistryRecord, Settings } from './storage.ts'

/** What an id stands for in an embedded registry. */
export interface KeptSchema {
  readonly id: number
  /** As it was registered. */
  readonly schema: AvroSchema
  readonly references: readonly SchemaReference[]
  /** With the types of its references in it. */
  readonly whole: AvroSchema
}

/** A version of a subject in an embedded registry. */
export interface KeptVersion extends KeptSchema {
  readonly subject: string
  readonly version: number
  /** It is not listed and not compared with any more, but can still be read. */
  readonly deleted: boolean
}

/** What the records of an embedded registry add up to. */
export interface Contents {
  readonly records: number
  /** By id, also those of which no version is left. */
  readonly schemas: ReadonlyMap<number, KeptSchema>
  /** The versions of each subject, the oldest first, without those that were deleted permanently. */
  readonly subjects: ReadonlyMap<string, readonly KeptVersion[]>
  /** Of subjects that have one of their own; `undefined`: of all others. */
  readonly levels: ReadonlyMap<string | undefined, CompatibilityLevel>
  readonly settings: ReadonlyMap<string | undefined, Settings>
  readonly modes: ReadonlyMap<string | undefined, RegistryMode>
}

export function contentsOf(records: readonly RegistryRecord[]): Contents {
  const schemas = new Map<number, KeptSchema>()
  const subjects = new Map<string, KeptVersion[]>()
  const levels = new Map<string | undefined, CompatibilityLevel>()
  const settings = new Map<string | undefined, Settings>()
  const modes = new Map<string | undefined, RegistryMode>()
  const contents = { records: records.length, schemas, subjects, levels, settings, modes }
  for (const record of records) {
    switch (record.kind) {
      case 'schema': {
        const { subject, version, id, schema, references = [] } = record
        const kept = schemas.get(id) ?? {
          id,
          schema,
          references,
          whole: wholeOf(contents, schema, references),
        }
        schemas.set(id, kept)
        const others = (subjects.get(subject) ?? []).filter((other) => other.version !== version)
        const versions = [...others, { ...kept, subject, version, deleted: false }]
        subjects.set(
          subject,
          versions.toSorted((a, b) => a.version - b.version),
        )
        break
      }
      case 'level':
        change(levels, record.subject, record.level)
        change(settings, record.subject, record.settings ?? null)
        break
      case 'mode':
        change(modes, record.subject, record.mode)
        break
      case 'deletion': {
        const { subject, versions, permanent } = record
        const left = (subjects.get(subject) ?? []).flatMap((kept) => {
          if (!versions.includes(kept.version)) return kept
          return permanent ? [] : { ...kept, deleted: true }
        })
        subjects.set(subject, left)
        if (left.length === 0) for (const map of [subjects, levels, settings, modes]) map.delete(subject)
        break
      }
    }
  }
  return contents
}

function change<K, V>(map: Map<K, V>, key: K, value: V | null): void {
  if (value === null) map.delete(key)
  else map.set(key, value)
}

/** The versions of a subject that are not deleted, the oldest first. */
export function listed(contents: Contents, subject: string): readonly KeptVersion[] {
  return (contents.subjects.get(subject) ?? []).filter(({ deleted }) => !deleted)
}

/** Every version of every subject. */
export function allVersions(contents: Contents): readonly KeptVersion[] {
  return [...contents.subjects.values()].flat()
}

/** What a new version of a subject must fulfil. */
export function levelOf({ levels }: Contents, subject?: string): CompatibilityLevel {
  return levels.get(subject) ?? levels.get(undefined) ?? 'BACKWARD'
}

/** How a record of a subject's configuration begins: with what it is now. */
export function configOf(
  { levels, settings }: Contents,
  subject?: string,
): Extract<RegistryRecord, { kind: 'level' }> {
  const kept = settings.get(subject)
  return {
    kind: 'level',
    ...(subject !== undefined && { subject }),
    level: levels.get(subject) ?? null,
    ...(kept && { settings: kept }),
  }
}

export function modeOf({ modes }: Contents, subject?: string): RegistryMode {
  return modes.get(subject) ?? modes.get(undefined) ?? 'READWRITE'
}

/** A schema with the types in it that its references define. */
export function wholeOf(
  contents: Contents,
  schema: AvroSchema,
  references: readonly SchemaReference[],
): AvroSchema {
  const others = references.flatMap(({ subject, version }) => {
    const found = contents.subjects.get(subject)?.find((kept) => kept.version === version)
    return found === undefined ? [] : found.whole
  })
  return others.length === 0 ? schema : standingAlone(schema, others)
}

/** Whether two schemas say the same. */
export function same(one: AvroSchema, other: AvroSchema): boolean {
  return normalised(one) === normalised(other)
}

/** What stands for a schema in every registry of this make, whatever its id there. */
export function guidOf({ whole }: KeptSchema): string {
  return uuidOf(createHash('md5').update(normalised(whole)).digest())
}
