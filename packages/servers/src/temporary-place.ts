import { tmpdir } from 'node:os'
import { canRun, type User } from './user.ts'

/**
 * Where temporary files of a user can be. Somebody's own TMPDIR may be closed to others; the usual places are for everybody.
 * @param user `undefined`: the one that this process runs as
 */
export async function temporaryPlaceOf(user: User | undefined): Promise<string> {
  if (user === undefined) return tmpdir()
  const places = [tmpdir(), '/tmp', '/var/tmp']
  for (const place of places) if (await canRun(user, 'sh', '-c', 'test -x "$0"', place)) return place
  throw new Error(`The user ${user.uid} can enter none of ${places.join(', ')}`)
}
