import { chmod, mkdir, stat } from 'node:fs/promises'
import { WaybillError } from '@waybill/core'

const ownerOnly = 0o700
const othersMay = 0o077

/**
 * Makes a folder that only its owner may enter, or keeps others out of one that is there: PGlite's files are open to all.
 * @throws DATA_FOLDER_OPEN where that can't be done
 */
export async function ownFolder(folder: string): Promise<void> {
  await mkdir(folder, { recursive: true, mode: ownerOnly })
  // Windows has no such rights: there a folder is its user's by where it lies.
  if (process.platform === 'win32' || ((await stat(folder)).mode & othersMay) === 0) return
  await chmod(folder, ownerOnly).catch((cause: unknown) => {
    throw new WaybillError(
      'DATA_FOLDER_OPEN',
      `Others may enter the data folder ${folder}, and its rights can't be changed`,
      { cause },
    )
  })
}
