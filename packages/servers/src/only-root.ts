import { lstat, realpath } from 'node:fs/promises'
import { dirname } from 'node:path'

const writeByOthers = 0o022
const sticky = 0o1000

/**
 * That nobody but root can put something else in the place of a folder. It is root's, as all above it are, and others
 * may write into none of them; but into those above it where one may only take away one's own, as in `/tmp`.
 * @throws with the folder that is not so
 */
export async function assertOnlyRootChanges(folder: string): Promise<void> {
  const itself = await lstat(folder)
  if (!itself.isDirectory()) throw new Error(`${folder} is no folder`)
  if (itself.uid !== 0 || (itself.mode & writeByOthers) !== 0)
    throw new Error(`${folder} is not root's alone`)
  await assertOnlyRootReplaces(dirname(await realpath(folder)))
}

async function assertOnlyRootReplaces(folder: string): Promise<void> {
  const { uid, mode } = await lstat(folder)
  const isOpen = (mode & writeByOthers) !== 0 && (mode & sticky) === 0
  if (uid !== 0 || isOpen) throw new Error(`Others than root can change what is in ${folder}`)
  if (folder !== dirname(folder)) await assertOnlyRootReplaces(dirname(folder))
}
