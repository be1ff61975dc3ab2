import { allVersions, type Contents, type KeptVersion, listed, modeOf } from './contents.ts'
import type { Change } from './change.ts'
import { faults } from './fault.ts'

/** The versions with a reference to one; those that are deleted count where it would be gone for good. */
export function referrersOf(
  contents: Contents,
  { subject, version }: Pick<KeptVersion, 'subject' | 'version'>,
  withDeleted: boolean,
): readonly KeptVersion[] {
  return allVersions(contents).filter(
    ({ references, deleted }) =>
      (withDeleted || !deleted) &&
      references.some((reference) => reference.subject === subject && reference.version === version),
  )
}

/**
 * Deletes a subject with all its versions: at first so that it can still be read, then permanently.
 * @returns what was deleted
 * @throws RegistryFault 40401, 40404, 40405, 42205, 42206
 */
export function subjectDeletion(
  contents: Contents,
  subject: string,
  permanent: boolean,
): Change<readonly number[]> {
  refuseReadOnly(contents, subject)
  const all = contents.subjects.get(subject)
  if (all === undefined) throw faults.noSubject(subject)
  const current = listed(contents, subject)
  if (permanent && current.length > 0) throw faults.subjectNotDeleted(subject)
  if (!permanent && current.length === 0) throw faults.subjectDeleted(subject)
  const gone = permanent ? all : current
  for (const kept of gone) {
    const others = referrersOf(contents, kept, permanent).filter((referrer) => referrer.subject !== subject)
    if (others.length > 0) throw faults.referred(subject, kept.version)
  }
  const versions = gone.map(({ version }) => version)
  return { append: { kind: 'deletion', subject, versions, permanent }, answer: versions }
}

/**
 * Deletes one version likewise.
 * @throws RegistryFault 40406, 40407, 42205, 42206
 */
export function versionDeletion(
  contents: Contents,
  { subject, version, deleted }: KeptVersion,
  permanent: boolean,
): Change<number> {
  refuseReadOnly(contents, subject)
  if (permanent && !deleted) throw faults.versionNotDeleted(subject, version)
  if (!permanent && deleted) throw faults.versionDeleted(subject, version)
  if (referrersOf(contents, { subject, version }, permanent).length > 0)
    throw faults.referred(subject, version)
  return { append: { kind: 'deletion', subject, versions: [version], permanent }, answer: version }
}

function refuseReadOnly(contents: Contents, subject: string): void {
  if (modeOf(contents, subject).startsWith('READONLY')) {
    throw faults.notPermitted(`Subject ${subject} is in read-only mode`)
  }
}
