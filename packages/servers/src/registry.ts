import { join } from 'node:path'
import { freePort } from './free-port.ts'
import { findJava } from './java.ts'
import { fetchWithMaven } from './maven.ts'
import { type Restartable, type StartOptions, startRestartable } from './restartable.ts'
import { startServer } from './server-process.ts'

/** A schema registry with Confluent's REST API: Apicurio Registry, with its database in a temporary folder. */
export interface RegistryServer extends Restartable {
  /** Of Confluent's REST API, `http://127.0.0.1:20000/apis/ccompat/v7`: the same after each start. */
  readonly address: string
}

// A quick start counts more than a quick server: these two take half of its CPU away.
const machine = ['-XX:TieredStopAtLevel=1', '-XX:+UseSerialGC', '-Xms128m', '-Xmx512m']

/**
 * Finds what Apicurio Registry runs on, and has Maven fetch the registry itself.
 * @throws MissingTool without Java 21 or Maven
 */
export async function registryProgram(
  signal?: AbortSignal,
): Promise<{ readonly java: string; readonly folder: string }> {
  const pom = new URL('../poms/registry.pom.xml', import.meta.url)
  return { java: await findJava(21), folder: await fetchWithMaven(pom, signal) }
}

/**
 * Starts Apicurio Registry.
 * @throws MissingTool without Java 21 or Maven
 */
export async function startRegistry({ signal, ...wanted }: StartOptions = {}): Promise<RegistryServer> {
  const program = await registryProgram(signal)
  const port = wanted.port ?? (await freePort())
  const address = `http://127.0.0.1:${port}/apis/ccompat/v7`
  const server = await startRestartable({
    name: 'registry',
    launch: (folder) => {
      const args = [...machine, ...settings(folder, port), '-jar', join(program.folder, 'quarkus-run.jar')]
      const ready = (): Promise<boolean> => answers(`${address}/subjects`)
      return startServer(program.java, args, { cwd: folder, ready, signal })
    },
  })
  return Object.assign(server, { address })
}

function settings(folder: string, port: number): string[] {
  return Object.entries({
    'quarkus.http.host': '127.0.0.1',
    'quarkus.http.port': port,
    'quarkus.management.host': '127.0.0.1',
    // Any free one: nobody asks there.
    'quarkus.management.port': 0,
    // Its default is in memory, where a kill would take the ids with it that stand in every payload.
    'apicurio.datasource.url': `jdbc:h2:file:${join(folder, 'registry')};WRITE_DELAY=0`,
    // 20 by default, which are opened before it answers.
    'apicurio.datasource.jdbc.initial-size': 4,
    'apicurio.datasource.jdbc.min-size': 4,
  }).map(([name, value]) => `-D${name}=${value}`)
}

/** Its port opens before its API answers. */
function answers(url: string): Promise<boolean> {
  return fetch(url, { signal: AbortSignal.timeout(1_000) }).then(
    ({ ok }) => ok,
    () => false,
  )
}
