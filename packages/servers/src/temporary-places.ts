import { tmpdir } from 'node:os'
import { canRun, type User } from './user.ts'

/** Where temporary files can be. Somebody's own TMPDIR may be closed to others; the usual ones are for everybody. */
export function temporaryPlaces(): string[] {
  return [...new Set([tmpdir(), '/tmp', '/var/tmp'])]
}

/**
 * The first of them that a user can enter.
 * @param user `undefined`: the one that this process runs as
 */
export async function temporaryPlaceOf(user: User | undefined): Promise<string> {
  const places = temporaryPlaces()
  if (user === undefined) return places[0]!
  for (const place of places) if (await canRun(user, 'sh', '-c', 'test -x "$0"', place)) return place
  throw new Error(`The user ${user.uid} can enter none of ${places.join(', ')}`)
}
