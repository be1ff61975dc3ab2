import { execFile } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { accepts } from './accepts.ts'
import { freePort } from './free-port.ts'
import { findJava } from './java.ts'
import { fetchWithMaven } from './maven.ts'
import { type ServerProcess, startServer } from './server-process.ts'

/** An Apache Kafka broker, alone and its own controller (KRaft), with its files in a temporary folder. */
export interface KafkaServer {
  /** Host and port: the same after each start. */
  readonly address: string
  /** Of the process that runs; `undefined` while none does. */
  readonly pid: number | undefined
  /** Ends it as a power cut would, files and all kept. */
  kill(): Promise<void>
  /** Starts it again after `kill`, with the same port and files. */
  start(): Promise<void>
  /** Ends it in good order and deletes its files. */
  stop(): Promise<void>
}

const memory = ['-Xms256m', '-Xmx768m']
/** Which cluster a storage folder belongs to; any will do, as each server is a cluster of its own. */
const clusterId = 'MkU3OEVBNTcwNTJENDM2Qg'

/**
 * Finds what Apache Kafka runs on, and has Maven fetch Kafka itself.
 * @throws MissingTool without Java 17 or Maven
 */
export async function kafkaProgram(): Promise<{ readonly java: string; readonly jars: string }> {
  const pom = new URL('../poms/kafka.pom.xml', import.meta.url)
  return { java: await findJava(17), jars: await fetchWithMaven(pom) }
}

/**
 * Starts Apache Kafka, on a free port.
 * @throws MissingTool without Java 17 or Maven
 */
export async function startKafka(): Promise<KafkaServer> {
  const { java, jars } = await kafkaProgram()
  const folder = await mkdtemp(join(tmpdir(), 'waybill-kafka-'))
  const settingsFile = join(folder, 'server.properties')
  const port = await freePort()
  await writeFile(settingsFile, settings({ folder, port, controllerPort: await freePort() }))
  const kafka = ['-cp', join(jars, '*'), ...memory]
  const format = ['format', '--standalone', '--cluster-id', clusterId, '--config', settingsFile]
  await promisify(execFile)(java, [...kafka, 'kafka.tools.StorageTool', ...format])

  const start = (): Promise<ServerProcess> =>
    startServer(java, [...kafka, 'kafka.Kafka', settingsFile], { ready: () => accepts(port) })
  let server: ServerProcess | undefined = await start()
  return {
    address: `127.0.0.1:${port}`,
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

function settings({
  folder,
  port,
  controllerPort,
}: {
  readonly folder: string
  readonly port: number
  readonly controllerPort: number
}): string {
  return Object.entries({
    'process.roles': 'broker,controller',
    'node.id': 1,
    'controller.quorum.bootstrap.servers': `127.0.0.1:${controllerPort}`,
    'controller.listener.names': 'CONTROLLER',
    listeners: `PLAINTEXT://127.0.0.1:${port},CONTROLLER://127.0.0.1:${controllerPort}`,
    'log.dirs': join(folder, 'log'),
    'auto.create.topics.enable': false,
    'offsets.topic.replication.factor': 1,
    'transaction.state.log.replication.factor': 1,
    'transaction.state.log.min.isr': 1,
    'share.coordinator.state.topic.replication.factor': 1,
    'share.coordinator.state.topic.min.isr': 1,
    // The default is 50, which keeps the first group waiting.
    'offsets.topic.num.partitions': 4,
    'group.initial.rebalance.delay.ms': 0,
    // After a kill the broker waits for its old session to end before it opens its port: 9 seconds by default.
    'broker.session.timeout.ms': 2_000,
    'broker.heartbeat.interval.ms': 500,
  })
    .map(([name, value]) => `${name}=${value}\n`)
    .join('')
}
