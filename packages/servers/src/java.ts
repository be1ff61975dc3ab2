import { readdir, readFile, realpath } from 'node:fs/promises'
import { delimiter, dirname, join } from 'node:path'
import { MissingTool } from './missing-tool.ts'

/** Where Linux distributions and macOS put Java, each version in a folder of its own. */
const shelves = ['/usr/lib/jvm', '/Library/Java/JavaVirtualMachines']

/**
 * Finds a Java of at least some version: JAVA_HOME if it is new enough, else the oldest installed one that is.
 * @param oldest its feature version, such as 17
 * @returns the path of its `java`
 * @throws MissingTool
 */
export async function findJava(oldest: number): Promise<string> {
  const chosen = await javaIn(process.env['JAVA_HOME'] ?? '')
  if (chosen !== undefined && chosen.version >= oldest) return chosen.path
  const found = await Promise.all([...(await onShelves()), ...(await onPath())].map(javaIn))
  const [first] = found
    .filter((java) => java !== undefined && java.version >= oldest)
    .sort((a, b) => a!.version - b!.version)
  if (first !== undefined) return first.path
  throw new MissingTool(`Java ${oldest} or newer`, `apt-get install openjdk-${oldest}-jre-headless`)
}

async function onShelves(): Promise<string[]> {
  const homes = await Promise.all(
    shelves.map(async (shelf) => {
      const names = await readdir(shelf).catch(() => [])
      return names.flatMap((name) => [join(shelf, name), join(shelf, name, 'Contents/Home')])
    }),
  )
  return homes.flat()
}

async function onPath(): Promise<string[]> {
  const folders = (process.env['PATH'] ?? '').split(delimiter)
  const commands = await Promise.all(folders.map((folder) => realpath(join(folder, 'java')).catch(() => '')))
  return commands.filter((command) => command !== '').map((command) => dirname(dirname(command)))
}

/** Every Java tells its version in a file of its home. */
async function javaIn(home: string): Promise<{ path: string; version: number } | undefined> {
  const release = await readFile(join(home, 'release'), 'utf8').catch(() => '')
  const version = /^JAVA_VERSION="(\d+)/m.exec(release)?.[1]
  return version === undefined ? undefined : { path: join(home, 'bin', 'java'), version: Number(version) }
}
