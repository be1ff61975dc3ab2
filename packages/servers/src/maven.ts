import { execFile } from 'node:child_process'
import { basename } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { cachedFolder } from './cached-folder.ts'
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
  return cachedFolder(name, path, async (folder) => {
    try {
      await run('mvn', ['-q', '-B', '-f', path, `-Doutput=${folder}`, 'package'], { signal })
    } catch (cause) {
      if ((cause as NodeJS.ErrnoException).code === 'ENOENT') {
        throw new MissingTool('Maven', 'apt-get install maven')
      }
      throw new Error(`Maven could not fetch ${name}`, { cause })
    }
  })
}
