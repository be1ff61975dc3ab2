import { messageOf } from '@waybill/core'
import type { FastifyRequest } from 'fastify'
import Type from 'typebox'
import { Check } from 'typebox/value'
import type { AvroSchema } from '../avro-schema.ts'
import type { Contents, KeptVersion } from '../registry/contents.ts'
import { faults } from '../registry/fault.ts'
import type { Candidate } from '../registry/registration.ts'

const versionMax = 2 ** 31 - 1
const Integer = Type.Integer({ minimum: 1, maximum: versionMax })
const Absent = Type.Null()
const Registration = Type.Object({
  schema: Type.String(),
  schemaType: Type.Optional(Type.Union([Type.String(), Absent])),
  references: Type.Optional(
    Type.Union([
      Type.Array(Type.Object({ name: Type.String(), subject: Type.String(), version: Integer })),
      Absent,
    ]),
  ),
  // Clients write 0 or -1 for one that they leave to the registry.
  id: Type.Optional(Type.Union([Type.Integer({ maximum: versionMax }), Absent])),
  version: Type.Optional(Type.Union([Type.Integer({ maximum: versionMax }), Absent])),
})

/** The part of a path, decoded. */
export function part(request: FastifyRequest, name: string): string {
  return (request.params as Readonly<Record<string, string>>)[name]!
}

/** A parameter of the query; `undefined` when it is not there. */
export function parameter(request: FastifyRequest, name: string): string | undefined {
  const value = (request.query as Readonly<Record<string, unknown>>)[name]
  return typeof value === 'string' ? value : undefined
}

/** Whether a parameter of the query says so. */
export function flag(request: FastifyRequest, name: string): boolean {
  return parameter(request, name) === 'true'
}

/** What the names of the subjects that are asked for begin with. Some clients send it with the wildcard of contexts. */
export function prefixIn(request: FastifyRequest): string {
  return (parameter(request, 'subjectPrefix') ?? '').replace(/^:\*:/, '')
}

/** The part of a list that the query asks for. */
export function pageOf<T>(request: FastifyRequest, list: readonly T[]): readonly T[] {
  const number = (name: string): number => Number(parameter(request, name) ?? -1)
  const offset = Math.max(0, number('offset'))
  const limit = number('limit')
  return list.slice(offset, limit > 0 ? offset + limit : undefined)
}

/**
 * The schema that is sent to a subject.
 * @throws RegistryFault 42201
 */
export function candidateIn(request: FastifyRequest): Candidate {
  const { body } = request
  if (!Check(Registration, body)) throw faults.badSchema('it takes {"schema": "…"}')
  const type = body.schemaType ?? 'AVRO'
  if (type !== 'AVRO') throw faults.badSchema(`schemas of type ${type} are not kept here, only AVRO`)
  const given = (number: number | null | undefined): number | undefined =>
    number !== null && number !== undefined && number > 0 ? number : undefined
  return {
    subject: part(request, 'subject'),
    schema: schemaIn(body.schema),
    references: body.references ?? [],
    id: given(body.id),
    version: given(body.version),
  }
}

/**
 * The version that a path names, of those that are not deleted, or of all.
 * @throws RegistryFault 40401, 40402, 42202
 */
export function versionIn(request: FastifyRequest, contents: Contents, withDeleted: boolean): KeptVersion {
  const subject = part(request, 'subject')
  const named = part(request, 'version')
  const isLatest = named === 'latest' || named === '-1'
  if (!isLatest && !(/^\d{1,10}$/.test(named) && Check(Integer, Number(named))))
    throw faults.badVersion(named)
  const versions = (contents.subjects.get(subject) ?? []).filter(({ deleted }) => withDeleted || !deleted)
  if (versions.length === 0) throw faults.noSubject(subject)
  const found = isLatest ? versions.at(-1) : versions.find(({ version }) => version === Number(named))
  if (found === undefined) throw faults.noVersion(named)
  return found
}

function schemaIn(text: string): AvroSchema {
  try {
    return JSON.parse(text) as AvroSchema
  } catch (error) {
    throw faults.badSchema(messageOf(error))
  }
}
