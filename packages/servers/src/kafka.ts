import { execFile } from 'node:child_process'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { accepts } from './accepts.ts'
import { freePort } from './free-port.ts'
import { findJava } from './java.ts'
import { fetchWithMaven } from './maven.ts'
import { type Restartable, type StartOptions, startRestartable } from './restartable.ts'
import { startServer } from './server-process.ts'

/** An Apache Kafka broker, alone and its own controller (KRaft), with its files in a temporary folder. */
export interface KafkaServer extends Restartable {
  /** Host and port: the same after each start. */
  readonly address: string
}

/** The quick compiler alone: in the minutes that a broker lives here, the thorough one takes more time than it saves. */
const machine = ['-Xms256m', '-Xmx768m', '-XX:TieredStopAtLevel=1']
/** Which cluster a storage folder belongs to; any will do, as each server is a cluster of its own. */
const clusterId = 'MkU3OEVBNTcwNTJENDM2Qg'

/**
 * Finds what Apache Kafka runs on, and has Maven fetch Kafka itself.
 * @throws MissingTool without Java 17 or Maven
 */
export async function kafkaProgram(
  signal?: AbortSignal,
): Promise<{ readonly java: string; readonly jars: string }> {
  const pom = new URL('../poms/kafka.pom.xml', import.meta.url)
  return { java: await findJava(17), jars: await fetchWithMaven(pom, signal) }
}

/**
 * Starts Apache Kafka.
 * @throws MissingTool without Java 17 or Maven
 */
export function startKafka(how: StartOptions = {}): Promise<KafkaServer> {
  return startKafkaWith(how, { protocol: 'PLAINTEXT', others: {}, format: [], settings: {} })
}

/** How a broker is reached, and by whom. */
export interface Access {
  /** Of its address. */
  readonly protocol: 'PLAINTEXT' | 'SASL_SSL'
  /** Ports where it is reached in other ways. Brokers talk to each other, and to themselves, by PLAINTEXT. */
  readonly others: Readonly<Record<string, number>>
  /** What its storage is formatted with besides the usual. */
  readonly format: readonly string[]
  readonly settings: Readonly<Record<string, string>>
}

/**
 * Starts Apache Kafka for whom it is to be reached by.
 * @throws MissingTool without Java 17 or Maven
 */
export async function startKafkaWith(
  { signal, ...wanted }: StartOptions,
  access: Access,
): Promise<KafkaServer> {
  const { java, jars } = await kafkaProgram(signal)
  const kafka = ['-cp', join(jars, '*'), ...machine]
  const port = wanted.port ?? (await freePort())
  const controllerPort = await freePort()
  const server = await startRestartable({
    name: 'kafka',
    prepare: async (folder) => {
      const file = settingsIn(folder)
      await writeFile(file, settings({ folder, port, controllerPort, access }))
      const format = ['format', '--standalone', '--cluster-id', clusterId, '--config', file, ...access.format]
      await promisify(execFile)(java, [...kafka, 'kafka.tools.StorageTool', ...format], { signal })
    },
    launch: (folder) =>
      startServer(java, [...kafka, 'kafka.Kafka', settingsIn(folder)], {
        ready: () => accepts(port),
        signal,
      }),
  })
  return Object.assign(server, { address: `127.0.0.1:${port}` })
}

function settingsIn(folder: string): string {
  return join(folder, 'server.properties')
}

function settings({
  folder,
  port,
  controllerPort,
  access,
}: {
  readonly folder: string
  readonly port: number
  readonly controllerPort: number
  readonly access: Access
}): string {
  const listeners = Object.entries({
    [access.protocol]: port,
    ...access.others,
    CONTROLLER: controllerPort,
  }).map(([name, at]) => `${name}://127.0.0.1:${at}`)
  return Object.entries({
    'process.roles': 'broker,controller',
    'node.id': 1,
    'controller.quorum.bootstrap.servers': `127.0.0.1:${controllerPort}`,
    'controller.listener.names': 'CONTROLLER',
    listeners: listeners.join(),
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
    ...access.settings,
  })
    .map(([name, value]) => `${name}=${String(value).replaceAll('\n', '\\n')}\n`)
    .join('')
}
