import { execFile } from 'node:child_process'
import { promisify } from 'node:util'

const run = promisify(execFile)

/** Whom a program runs as, who is not the one that starts it. */
export interface User {
  readonly uid: number
  readonly gid: number
}

/** For programs that refuse to run as root: `nobody`, who may do nothing. `undefined` where this process is not root. */
export async function nobodyIfRoot(): Promise<User | undefined> {
  if (process.getuid?.() !== 0) return undefined
  const [uid, gid] = await Promise.all(['-u', '-g'].map((flag) => run('id', [flag, 'nobody'])))
  return { uid: Number(uid!.stdout), gid: Number(gid!.stdout) }
}

/** Whether a program starts for a user: the folders above it may be closed to them, or what it is linked with. */
export function canRun(user: User, program: string, ...args: readonly string[]): Promise<boolean> {
  return run(program, args, { ...user, cwd: '/' }).then(
    () => true,
    () => false,
  )
}
