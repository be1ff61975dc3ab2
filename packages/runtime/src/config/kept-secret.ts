import { randomBytes } from 'node:crypto'
import { chmodSync, linkSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { WaybillError } from '@waybill/core'

/**
 * The secret of this name that the data folder keeps; made at the first call, readable by its owner alone.
 * It appears as a whole or not at all, so that two processes that start together agree on one.
 * @throws CONFIGURATION_INVALID where another user has put it there, or owns the folder
 */
export function keptSecret(folder: string, name: string): string {
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  checkOwner(folder)
  const path = join(folder, name)
  const draft = `${path}.${process.pid}`
  writeFileSync(draft, randomBytes(48).toString('base64url'), { mode: 0o600 })
  try {
    linkSync(draft, path)
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error
  } finally {
    rmSync(draft)
  }
  checkOwner(path)
  chmodSync(path, 0o600)
  return readFileSync(path, 'utf8')
}

/** Else somebody else may know what is in it, or have written it. */
function checkOwner(path: string): void {
  const { uid } = statSync(path)
  if (process.getuid === undefined || uid === process.getuid()) return
  throw new WaybillError(
    'CONFIGURATION_INVALID',
    `${path} belongs to the user ${uid}, and this process runs as ${process.getuid()}: set WAYBILL_DATA to a folder of its own, or WAYBILL_JWT_SECRET`,
  )
}
