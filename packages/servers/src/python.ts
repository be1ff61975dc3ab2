import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { cachedFolder } from './cached-folder.ts'
import { MissingTool } from './missing-tool.ts'

const run = promisify(execFile)

/**
 * Makes a Python environment with these packages, once: the next time it is there already.
 * @param requirements the packages with their versions, as pip reads them
 * @returns its `python`, in `node_modules/.cache`
 * @throws MissingTool without Python 3 and its module venv
 */
export async function pythonWith(requirements: URL): Promise<string> {
  const path = fileURLToPath(requirements)
  const folder = await cachedFolder('python', path, async (draft) => {
    await run('python3', ['-m', 'venv', draft]).catch(() => {
      throw new MissingTool('Python 3 with venv', 'apt-get install python3-venv')
    })
    await run(join(draft, 'bin', 'python'), ['-m', 'pip', 'install', '--quiet', '--requirement', path])
  })
  return join(folder, 'bin', 'python')
}
