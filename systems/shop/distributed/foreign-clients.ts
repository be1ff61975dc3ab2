import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import { pythonWith } from '@waybill/servers'

const folder = new URL('../../../tools/foreign/', import.meta.url)
/** What the scripts need. */
export const requirements = new URL('requirements.txt', folder)

/** A script ends by itself; one that does not is killed, so that its test fails where it waits. */
const patienceMs = 90_000

/** Where a record stands. */
export interface Place {
  readonly topic: string
  readonly partition: number
  readonly offset: number
}

/** A record as Confluent's client reads it, its value with its Avro deserializer. */
export interface ForeignRecord extends Place {
  readonly key: string
  readonly headers: Readonly<Record<string, string>>
  readonly value: Readonly<Record<string, unknown>>
}

/** A record that Confluent's client is to write. */
export type Writing = {
  readonly topic: string
  /** `null`: none. */
  readonly key: string | null
  readonly headers: Readonly<Record<string, string>>
} & (
  | {
      /** Written by its Avro serializer … */
      readonly value: Readonly<Record<string, unknown>>
      /** … with this schema, which is registered first; default: the newest that the registry has for the topic. */
      readonly schema?: object
      /** … or with the newest of this subject. */
      readonly subject?: string
    }
  | {
      /** The bytes themselves. */
      readonly base64: string
    }
)

/** Programs in another language, with another vendor's client: they know the broker, the registry, and nothing of us. */
export interface ForeignClients {
  /** Reads topics from their beginning to their end of now. */
  consume(topics: readonly string[]): Promise<readonly ForeignRecord[]>
  /** Publishes records. @returns where each of them stands */
  produce(records: readonly Writing[]): Promise<readonly Place[]>
}

/**
 * Prepares them.
 * @param brokers `host:port`
 * @param registry address of Confluent's REST API
 */
export async function foreignClients(brokers: string, registry: string): Promise<ForeignClients> {
  const python = await pythonWith(requirements)

  async function run<T>(script: string, args: readonly string[], lines: readonly unknown[]): Promise<T[]> {
    const child = spawn(python, [fileURLToPath(new URL(script, folder)), brokers, registry, ...args], {
      timeout: patienceMs,
      killSignal: 'SIGKILL',
    })
    child.stdin.end(lines.map((line) => `${JSON.stringify(line)}\n`).join(''))
    const [out, errors, [code, signal]] = await Promise.all([
      text(child.stdout),
      text(child.stderr),
      once(child, 'close') as Promise<[number | null, string | null]>,
    ])
    if (code !== 0) throw new Error(`${script} ended with ${code ?? signal}:\n${errors}`)
    return out
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line) as T)
  }

  return {
    consume: (topics) => run<ForeignRecord>('consume.py', topics, []),
    produce: (records) => run<Place>('produce.py', [], records),
  }
}
