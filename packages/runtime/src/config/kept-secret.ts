import { randomBytes } from 'node:crypto'
import {
  closeSync,
  constants,
  fchmodSync,
  fstatSync,
  linkSync,
  mkdirSync,
  openSync,
  readFileSync,
  rmSync,
  type Stats,
  statSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { WaybillError } from '@waybill/core'
import { signingSecret } from './signing-secret.ts'

/**
 * The secret of this name that the data folder keeps; made at the first call, readable by its owner alone.
 * It appears as a whole or not at all, so that two processes that start together agree on one. What others may have put
 * there is not taken: no file of another user, no link, no text that can be guessed.
 * @throws CONFIGURATION_INVALID
 */
export function keptSecret(folder: string, name: string): string {
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  checkOwner(folder, statSync(folder))
  const path = join(folder, name)
  const draft = `${path}.${process.pid}.${randomBytes(8).toString('hex')}`
  writeFileSync(draft, randomBytes(48).toString('base64url'), { mode: 0o600, flag: 'wx' })
  try {
    linkSync(draft, path)
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error
  } finally {
    rmSync(draft)
  }
  const file = opened(path)
  try {
    checkOwner(path, fstatSync(file))
    fchmodSync(file, 0o600)
    const secret = signingSecret.parse(readFileSync(file, 'utf8'))
    return secret ?? refuse(`${path} holds no secret: remove it, and another is made`)
  } finally {
    closeSync(file)
  }
}

function opened(path: string): number {
  try {
    // Windows has no such flag, and makes no links for everybody.
    return openSync(path, constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0))
  } catch {
    return refuse(`${path} is no file that this process may read: remove it, and another is made`)
  }
}

/** Else somebody else may know what is in it, or have written it. */
function checkOwner(path: string, { uid }: Stats): void {
  if (process.getuid === undefined || uid === process.getuid()) return
  refuse(
    `${path} belongs to the user ${uid}, and this process runs as ${process.getuid()}: set WAYBILL_DATA to a folder of its own, or WAYBILL_JWT_SECRET`,
  )
}

function refuse(message: string): never {
  throw new WaybillError('CONFIGURATION_INVALID', message)
}
