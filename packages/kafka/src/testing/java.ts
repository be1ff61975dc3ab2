import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { MissingTool } from './missing-tool.ts'

/** Where Linux distributions and macOS put Java, each in a folder of its own. */
const shelves = ['/usr/lib/jvm', '/Library/Java/JavaVirtualMachines']

/**
 * Finds a Java of at least some version: JAVA_HOME if it is new enough, else the oldest installed one that is.
 * @param oldest its feature version, such as 17
 * @returns the path of its `java`
 * @throws MissingTool
 */
export async function findJava(oldest: number): Promise<string> {
  const chosen = await installed(process.env['JAVA_HOME'] ?? '')
  if (chosen !== undefined && chosen.version >= oldest) return chosen.java
  const found = await Promise.all((await homes()).map(installed))
  const fitting = found.filter((one) => one !== undefined).filter(({ version }) => version >= oldest)
  const [first] = fitting.sort((a, b) => a.version - b.version)
  if (first !== undefined) return first.java
  throw new MissingTool(`Java ${oldest} or newer`, `apt-get install openjdk-${oldest}-jre-headless`)
}

async function homes(): Promise<string[]> {
  const lists = await Promise.all(
    shelves.map(async (shelf) => {
      const names = await readdir(shelf).catch(() => [])
      return names.flatMap((name) => [join(shelf, name), join(shelf, name, 'Contents/Home')])
    }),
  )
  return lists.flat()
}

/** Every Java says its version in a file of its home. */
async function installed(home: string): Promise<{ java: string; version: number } | undefined> {
  const release = await readFile(join(home, 'release'), 'utf8').catch(() => '')
  const version = /^JAVA_VERSION="(\d+)/m.exec(release)?.[1]
  return version === undefined ? undefined : { java: join(home, 'bin', 'java'), version: Number(version) }
}
