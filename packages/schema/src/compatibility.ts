import type { AvroSchema } from './avro-schema.ts'
import { avroType } from './avro-type.ts'
import { type Clash, Comparison } from './comparison.ts'

/** Confluent's compatibility levels, as they are called in a registry's configuration. */
export const compatibilityLevels = [
  'NONE',
  'BACKWARD',
  'BACKWARD_TRANSITIVE',
  'FORWARD',
  'FORWARD_TRANSITIVE',
  'FULL',
  'FULL_TRANSITIVE',
] as const

/**
 * What a new version of a schema must be able to do with the one before it; `_TRANSITIVE`: with all of them.
 * `BACKWARD`: read what they wrote. `FORWARD`: write what they can read. `FULL`: both. `NONE`: nothing.
 */
export type CompatibilityLevel = (typeof compatibilityLevels)[number]

/**
 * Why a schema may not be the next version: a line for each reason, beginning with the path of the field
 * (`items.[].price: …`); none when it may.
 * @param earlier all versions so far, the oldest first
 * @throws Error when one of the schemas is not valid Avro
 */
export function incompatibilities(
  level: CompatibilityLevel,
  next: AvroSchema,
  earlier: readonly AvroSchema[],
): readonly string[] {
  const reasons = comparedAt(level, earlier).flatMap((old) => clashesBetween(level, next, old).map(reasonOf))
  return [...new Set(reasons)]
}

/** Those that a new version is held against. */
export function comparedAt<T>(level: CompatibilityLevel, earlier: readonly T[]): readonly T[] {
  if (level === 'NONE') return []
  return level.endsWith('_TRANSITIVE') ? earlier : earlier.slice(-1)
}

/** Why a schema may not stand behind another one, whatever lies between; none when it may. */
export function clashesBetween(
  level: CompatibilityLevel,
  next: AvroSchema,
  old: AvroSchema,
): readonly Clash[] {
  const [newType, oldType] = [avroType(next), avroType(old)]
  const backward = level.startsWith('BACKWARD') || level.startsWith('FULL')
  const forward = level.startsWith('FORWARD') || level.startsWith('FULL')
  return [
    ...(backward ? new Comparison('new', 'old').clashes(newType, oldType) : []),
    ...(forward ? new Comparison('old', 'new').clashes(oldType, newType) : []),
  ]
}

/** A clash as one line, with its path. */
export function reasonOf({ path, reason }: Clash): string {
  return `${path.join('.') || 'the record'}: ${reason}`
}
