import { listed, same } from '../registry/contents.ts'
import { referrersOf, subjectDeletion, versionDeletion } from '../registry/deletion.ts'
import { faults } from '../registry/fault.ts'
import { checkedWhole, registration } from '../registry/registration.ts'
import { candidateIn, flag, pageOf, parameter, part, prefixIn, versionIn } from './request.ts'
import type { Reads, Writes } from './route.ts'
import { schemaText } from '../schema-text.ts'
import { shownVersion } from './shown.ts'

/** Subjects and their versions. */
export function subjectRoutes(reads: Reads, writes: Writes): void {
  reads('GET /subjects', (request, { subjects }) => {
    const names = [...subjects].flatMap(([subject, versions]) => {
      const isDeleted = versions.every(({ deleted }) => deleted)
      const isWanted = flag(request, 'deletedOnly') ? isDeleted : !isDeleted || flag(request, 'deleted')
      return isWanted && subject.startsWith(prefixIn(request)) ? subject : []
    })
    return pageOf(request, names.toSorted())
  })

  reads('POST /subjects/:subject', (request, contents) => {
    const candidate = candidateIn(request)
    const { subject } = candidate
    const whole = checkedWhole(contents, candidate)
    const versions = flag(request, 'deleted')
      ? (contents.subjects.get(subject) ?? [])
      : listed(contents, subject)
    if (versions.length === 0) throw faults.noSubject(subject)
    const found = versions.findLast((kept) => same(kept.whole, whole))
    if (found === undefined) throw faults.noSchema()
    return shownVersion(found)
  })

  writes('DELETE /subjects/:subject', (request, contents) =>
    subjectDeletion(contents, part(request, 'subject'), flag(request, 'permanent')),
  )

  reads('GET /subjects/:subject/versions', (request, { subjects }) => {
    const subject = part(request, 'subject')
    const versions = (subjects.get(subject) ?? []).filter(({ deleted }) =>
      flag(request, 'deletedOnly') ? deleted : !deleted || flag(request, 'deleted'),
    )
    if (versions.length === 0) throw faults.noSubject(subject)
    return pageOf(
      request,
      versions.map(({ version }) => version),
    )
  })

  writes('POST /subjects/:subject/versions', (request, contents) => {
    const { answer: id, ...change } = registration(contents, {
      ...candidateIn(request),
      force: flag(request, 'force'),
    })
    return { ...change, answer: { id } }
  })

  reads('GET /subjects/:subject/versions/:version', (request, contents) =>
    shownVersion(versionIn(request, contents, flag(request, 'deleted'))),
  )

  reads('GET /subjects/:subject/versions/:version/schema', (request, contents) =>
    schemaText(versionIn(request, contents, flag(request, 'deleted')).schema),
  )

  reads('GET /subjects/:subject/versions/:version/referencedby', (request, contents) => {
    const referrers = referrersOf(contents, versionIn(request, contents, true), flag(request, 'deleted'))
    return pageOf(request, [...new Set(referrers.map(({ id }) => id))])
  })

  writes('DELETE /subjects/:subject/versions/:version', (request, contents) => {
    const permanent = flag(request, 'permanent')
    const isLatest = ['latest', '-1'].includes(part(request, 'version'))
    return versionDeletion(contents, versionIn(request, contents, permanent || !isLatest), permanent)
  })

  // No metadata are kept: only who asks for none is answered.
  reads('GET /subjects/:subject/metadata', (request, contents) => {
    const subject = part(request, 'subject')
    const latest = listed(contents, subject).at(-1)
    if (latest === undefined) throw faults.noSubject(subject)
    if (parameter(request, 'key') !== undefined) throw faults.noSchema()
    return shownVersion(latest)
  })
}
