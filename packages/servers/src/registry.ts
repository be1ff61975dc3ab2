import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { freePort } from './free-port.ts'
import { findJava } from './java.ts'
import { fetchWithMaven } from './maven.ts'
import { type ServerProcess, startServer } from './server-process.ts'

/** A schema registry with Confluent's REST API: Apicurio Registry, with its database in a temporary folder. */
export interface RegistryServer {
  /** Of Confluent's REST API, `http://127.0.0.1:20000/apis/ccompat/v7`: the same after each start. */
  readonly address: string
  /** Of the process that runs; `undefined` while none does. */
  readonly pid: number | undefined
  /** Ends it as a power cut would, files and all kept. */
  kill(): Promise<void>
  /** Starts it again after `kill`, with the same address, schemas and ids. */
  start(): Promise<void>
  /** Ends it in good order and deletes its files. */
  stop(): Promise<void>
}

// A quick start counts more than a quick server: these two take half of its CPU away.
const machine = ['-XX:TieredStopAtLevel=1', '-XX:+UseSerialGC', '-Xms128m', '-Xmx512m']

/**
 * Finds what Apicurio Registry runs on, and has Maven fetch the registry itself.
 * @throws MissingTool without Java 21 or Maven
 */
export async function registryProgram(): Promise<{ readonly java: string; readonly folder: string }> {
  const pom = new URL('../poms/registry.pom.xml', import.meta.url)
  return { java: await findJava(21), folder: await fetchWithMaven(pom) }
}

/**
 * Starts Apicurio Registry, on a free port.
 * @throws MissingTool without Java 21 or Maven
 */
export async function startRegistry(): Promise<RegistryServer> {
  const program = await registryProgram()
  const folder = await mkdtemp(join(tmpdir(), 'waybill-registry-'))
  const port = await freePort()
  const address = `http://127.0.0.1:${port}/apis/ccompat/v7`
  const settings = Object.entries({
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
  const args = [...machine, ...settings, '-jar', join(program.folder, 'quarkus-run.jar')]

  const start = (): Promise<ServerProcess> =>
    startServer(program.java, args, { cwd: folder, ready: () => answers(`${address}/subjects`) })
  let server: ServerProcess | undefined = await start()
  return {
    address,
    get pid() {
      return server?.pid
    },
    start: async () => {
      server ??= await start()
    },
    kill: async () => {
      await server?.end('SIGKILL')
      server = undefined
    },
    stop: async () => {
      await server?.end('SIGTERM')
      server = undefined
      await rm(folder, { recursive: true, force: true })
    },
  }
}

/** Its port opens before its API answers. */
function answers(url: string): Promise<boolean> {
  return fetch(url, { signal: AbortSignal.timeout(1_000) }).then(
    ({ ok }) => ok,
    () => false,
  )
}
