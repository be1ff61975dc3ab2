import { randomUUID } from 'node:crypto'
import { access, mkdir, rename, rm } from 'node:fs/promises'
import { dirname } from 'node:path'

/**
 * Makes a folder that is there as a whole or not at all, unless it is there. Two processes may make it at once: each does
 * it beside the folder, under a name that nobody can know before, and the first to be done puts its own there.
 * @param make puts into a folder, which is there, what belongs into it
 */
export async function madeOnce(folder: string, make: (draft: string) => Promise<void>): Promise<void> {
  if (await exists(folder)) return
  await mkdir(dirname(folder), { recursive: true })
  const draft = `${folder}.${randomUUID()}`
  await mkdir(draft)
  try {
    await make(draft)
    await rename(draft, folder)
  } catch (error) {
    if (!(await exists(folder))) throw error
  } finally {
    await rm(draft, { recursive: true, force: true })
  }
}

function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  )
}
