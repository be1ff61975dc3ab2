import { chmod, mkdir, readdir, stat } from 'node:fs/promises'
import { WaybillError } from '@waybill/core'

const ownerOnly = 0o700
const othersMay = 0o077
/** Of a folder in which everybody may make files, such as /tmp. */
const sticky = 0o1000
const ours = new Set(['pglite', 'lock', 'jwt-secret'])

/**
 * Makes a folder that only its owner may enter, or keeps others out of one that is there: PGlite's files are open to all.
 * @throws DATA_FOLDER_OPEN where it is another user's, or is for more than this
 */
export async function ownFolder(folder: string): Promise<void> {
  await mkdir(folder, { recursive: true, mode: ownerOnly })
  // Windows has no such rights: there a folder is its user's by where it lies.
  if (process.getuid === undefined) return
  const { uid, mode } = await stat(folder)
  const me = process.getuid()
  if (uid !== me)
    refuse(`The data folder ${folder} belongs to the user ${uid}, and this process runs as ${me}`)
  if ((mode & othersMay) === 0) return
  const found = await readdir(folder)
  // Who names a folder of other things by mistake must not lose the use of it.
  if ((mode & sticky) !== 0 || (found.length > 0 && !found.some((name) => ours.has(name)))) {
    refuse(`Others may enter the data folder ${folder}, which holds other things than data of Waybill`)
  }
  await chmod(folder, ownerOnly).catch((cause: unknown) =>
    refuse(`Others may enter the data folder ${folder}, and its rights can't be changed`, cause),
  )
}

function refuse(message: string, cause?: unknown): never {
  throw new WaybillError('DATA_FOLDER_OPEN', message, { cause })
}
