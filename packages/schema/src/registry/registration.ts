import { messageOf } from '@waybill/core'
import type { AvroSchema } from '../avro-schema.ts'
import { avroType } from '../avro-type.ts'
import type { SchemaReference } from '../references.ts'
import type { Change } from './change.ts'
import { type Contents, levelOf, listed, modeOf, same, wholeOf } from './contents.ts'
import { faults } from './fault.ts'
import { refusalsOf } from './refusals.ts'
import { refuseTooLarge } from './size.ts'
import { refuseUnstorable } from './storable.ts'

/** A schema that comes to a subject. */
export interface Candidate {
  readonly subject: string
  readonly schema: AvroSchema
  /** Default: none. */
  readonly references?: readonly SchemaReference[] | undefined
  /** With which it is to be imported. */
  readonly id?: number | undefined
  readonly version?: number | undefined
  /** It is let in whatever stands before it. */
  readonly force?: boolean
}

/** The candidate with the types of its references in it, held to the rules of Avro. */
export function checkedWhole(contents: Contents, { schema, references = [] }: Candidate): AvroSchema {
  for (const { subject, version } of references) {
    if (!listed(contents, subject).some((kept) => kept.version === version)) {
      throw faults.badSchema(`no schema reference found for subject "${subject}" and version ${version}`)
    }
  }
  try {
    refuseTooLarge(schema)
    refuseUnstorable(schema)
    const whole = wholeOf(contents, schema, references)
    refuseTooLarge(whole)
    avroType(whole)
    return whole
  } catch (error) {
    throw faults.badSchema(messageOf(error))
  }
}

/**
 * Makes a candidate the newest version of its subject, unless the subject has it.
 * @throws RegistryFault 40901, 42201, 42205, 42208
 */
export function registration(contents: Contents, candidate: Candidate): Change<number> {
  const { subject, schema, references = [] } = candidate
  // oxlint-disable-next-line no-control-regex -- they are what is refused
  if (!/^[^\u0000-\u001f\u007f]{1,500}$/.test(subject)) throw faults.badSubject(subject)
  const mode = modeOf(contents, subject)
  if (mode.startsWith('READONLY')) throw faults.notPermitted(`Subject ${subject} is in read-only mode`)
  const isImport = mode === 'IMPORT'
  if (isImport !== (candidate.id !== undefined)) {
    throw faults.notPermitted(`Subject ${subject} is not in ${isImport ? 'read-write' : 'import'} mode`)
  }
  const whole = checkedWhole(contents, candidate)
  const existing = listed(contents, subject).find((kept) => same(kept.whole, whole))
  if (existing !== undefined && (candidate.id ?? existing.id) === existing.id) return { answer: existing.id }
  if (!isImport && candidate.force !== true) {
    const refusals = refusalsOf(contents, subject, whole)
    if (refusals.length > 0) throw faults.incompatible(subject, levelOf(contents, subject), refusals)
  }

  const id = candidate.id ?? idOf(contents, whole)
  const taken = contents.schemas.get(id)
  if (taken !== undefined && !same(taken.whole, whole)) {
    throw faults.notPermitted(`Overwrite new schema with id ${id} is not permitted.`)
  }
  const versions = contents.subjects.get(subject) ?? []
  const version = candidate.version ?? (versions.at(-1)?.version ?? 0) + 1
  if (versions.some((kept) => kept.version === version)) {
    throw faults.notPermitted(`Version ${version} of subject ${subject} is there already`)
  }
  const append = { kind: 'schema' as const, subject, version, id, schema }
  return { append: references.length === 0 ? append : { ...append, references }, answer: id }
}

/** The same for the same schema; a new one is greater than any before, also those of deleted schemas. */
function idOf({ schemas }: Contents, whole: AvroSchema): number {
  const known = [...schemas.values()].find((kept) => same(kept.whole, whole))
  return known?.id ?? Math.max(0, ...schemas.keys()) + 1
}
