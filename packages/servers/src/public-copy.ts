import { createHash, randomUUID } from 'node:crypto'
import { chmod, cp, readdir, readFile, readlink, rename, rm, stat } from 'node:fs/promises'
import { join, relative } from 'node:path'
import { madeOnce } from './made-once.ts'
import { assertOnlyRootChanges } from './only-root.ts'

/**
 * A copy of a folder that everybody can read and only root can change, made once for all processes and checkouts: its
 * name has a hash of what is in it.
 * @param options.name the beginning of its name, with a version
 * @param options.place where it is to be, e.g. `/tmp`
 * @throws when something stands there under its name that others than root could have made
 */
export async function publicCopy(
  source: string,
  options: { readonly name: string; readonly place: string },
): Promise<string> {
  const hash = await contentHash(source)
  const copy = join(options.place, `${options.name}-${hash.slice(0, 16)}`)
  const make = (): Promise<void> =>
    madeOnce(copy, async (draft) => {
      await cp(source, draft, { recursive: true, verbatimSymlinks: true })
      await openToRead(draft)
    })

  await make()
  await assertOnlyRootChanges(copy)
  if ((await contentHash(copy)) === hash) return copy
  // Systems delete from time to time what lies in /tmp, file by file.
  const broken = `${copy}.${randomUUID()}`
  await rename(copy, broken)
  await rm(broken, { recursive: true })
  await make()
  await assertOnlyRootChanges(copy)
  return copy
}

/** Of names, links and bytes. */
async function contentHash(folder: string): Promise<string> {
  const hash = createHash('sha256')
  for (const { path, entry } of await entriesOf(folder)) {
    const content = entry.isFile() ? await readFile(path) : entry.isSymbolicLink() ? await readlink(path) : ''
    hash.update(`${relative(folder, path)}\0${content.length}\0`).update(content)
  }
  return hash.digest('hex')
}

/** Whatever the umask was of who made it. */
async function openToRead(folder: string): Promise<void> {
  await chmod(folder, 0o755)
  for (const { path, entry } of await entriesOf(folder)) {
    if (entry.isSymbolicLink()) continue
    const isProgram = ((await stat(path)).mode & 0o100) !== 0
    await chmod(path, isProgram ? 0o755 : 0o644)
  }
}

async function entriesOf(folder: string) {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true })
  return entries
    .map((entry) => ({ path: join(entry.parentPath, entry.name), entry }))
    .sort((a, b) => (a.path < b.path ? -1 : 1))
}
