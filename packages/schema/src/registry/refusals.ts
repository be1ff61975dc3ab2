import type { AvroSchema } from '../avro-schema.ts'
import type { Clash } from '../comparison.ts'
import { clashesBetween, comparedAt, type CompatibilityLevel, reasonOf } from '../compatibility.ts'
import { schemaText } from '../schema-text.ts'
import { type Contents, type KeptVersion, levelOf, listed, same } from './contents.ts'

/** A version of a subject with which a candidate does not go together, and why not. */
export interface Refusal {
  readonly against: KeptVersion
  readonly clashes: readonly Clash[]
}

/** Why a subject would refuse a candidate, the newest version first; none when it would not, or has it already. */
export function refusalsOf(contents: Contents, subject: string, whole: AvroSchema): readonly Refusal[] {
  const earlier = listed(contents, subject)
  if (earlier.some((known) => same(known.whole, whole))) return []
  const level = levelOf(contents, subject)
  return refusalsAmong(level, whole, comparedAt(level, earlier))
}

/** The versions out of some with which a candidate does not go together, the newest first. */
export function refusalsAmong(
  level: CompatibilityLevel,
  whole: AvroSchema,
  versions: readonly KeptVersion[],
): readonly Refusal[] {
  return versions.toReversed().flatMap((against) => {
    const clashes = clashesBetween(level, whole, against.whole)
    return clashes.length === 0 ? [] : { against, clashes }
  })
}

/** Why not, a line for each reason. */
export function reasonsIn(refusals: readonly Refusal[]): readonly string[] {
  return [...new Set(refusals.flatMap(({ clashes }) => clashes.map(reasonOf)))]
}

/** Why not, in the form that tools look for in the messages of Confluent's registry. */
export function detailsIn(level: CompatibilityLevel, refusals: readonly Refusal[]): readonly string[] {
  if (refusals.length === 0) return []
  const details = refusals.flatMap(({ against, clashes }) => [
    ...clashes.map(
      (clash) =>
        `{errorType:'${clash.name}', description:'${reasonOf(clash)}', additionalInfo:'${clash.detail}'}`,
    ),
    `{oldSchemaVersion: ${against.version}}`,
    `{oldSchema: '${schemaText(against.schema)}'}`,
  ])
  return [...details, `{validateFields: 'false', compatibility: '${level}'}`]
}
