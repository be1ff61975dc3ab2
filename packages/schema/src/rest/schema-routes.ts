import type { FastifyRequest } from 'fastify'
import { allVersions, type Contents, guidOf, type KeptVersion } from '../registry/contents.ts'
import { faults } from '../registry/fault.ts'
import { flag, pageOf, part, prefixIn } from './request.ts'
import type { Reads } from './route.ts'
import { schemaText } from '../schema-text.ts'
import { shownSchema, shownVersion } from './shown.ts'

/** Schemas, and what stands for them in payloads. */
export function schemaRoutes(reads: Reads): void {
  reads('GET /schemas', (request, { subjects }) => {
    const chosen = [...subjects].flatMap(([subject, all]) => {
      const versions = all.filter(({ deleted }) => flag(request, 'deleted') || !deleted)
      if (!subject.startsWith(prefixIn(request))) return []
      return flag(request, 'latestOnly') ? versions.slice(-1) : versions
    })
    return pageOf(request, chosen).map(shownVersion)
  })

  reads('GET /schemas/types', () => ['AVRO'])

  reads('GET /schemas/ids/:id', (request, contents) => ({
    ...shownSchema(versionsWithId(request, contents)[0]!),
    ...(flag(request, 'fetchMaxId') && { maxId: Math.max(...contents.schemas.keys()) }),
  }))

  reads('GET /schemas/ids/:id/schema', (request, contents) =>
    schemaText(versionsWithId(request, contents)[0]!.schema),
  )

  reads('GET /schemas/ids/:id/subjects', (request, contents) => {
    const subjects = chosenVersions(request, contents).map(({ subject }) => subject)
    return pageOf(request, [...new Set(subjects)].toSorted())
  })

  reads('GET /schemas/ids/:id/versions', (request, contents) => {
    const versions = chosenVersions(request, contents)
    return pageOf(
      request,
      versions.map(({ subject, version }) => ({ subject, version })),
    )
  })

  reads('GET /schemas/guids/:guid', (request, contents) =>
    shownSchema(versionsWithGuid(request, contents)[0]!),
  )

  reads('GET /schemas/guids/:guid/ids', (request, contents) => {
    const ids = versionsWithGuid(request, contents).map(({ id }) => id)
    return [...new Set(ids)].map((id) => ({ context: '.', id }))
  })
}

/** At least one. */
function versionsWithId(request: FastifyRequest, contents: Contents): readonly KeptVersion[] {
  const id = part(request, 'id')
  const versions = allVersions(contents).filter((kept) => String(kept.id) === id)
  if (versions.length === 0) throw faults.noSchema(id)
  return versions
}

function chosenVersions(request: FastifyRequest, contents: Contents): readonly KeptVersion[] {
  return versionsWithId(request, contents).filter(({ deleted }) => flag(request, 'deleted') || !deleted)
}

/** At least one. */
function versionsWithGuid(request: FastifyRequest, contents: Contents): readonly KeptVersion[] {
  const guid = part(request, 'guid').toLowerCase()
  const versions = allVersions(contents).filter((kept) => guidOf(kept) === guid)
  if (versions.length === 0) throw faults.noSchema(guid)
  return versions
}
