import { createPrivateKey, X509Certificate } from 'node:crypto'
import { readFileSync } from 'node:fs'
import type { Environment, Kind } from './environment.ts'
import { secretText, text } from './kinds.ts'

/** What carries events between services. */
export type LogAddress =
  | { readonly kind: 'store' }
  | {
      readonly kind: 'kafka'
      /** Each `host:port`. */
      readonly brokers: readonly string[]
      readonly security: KafkaSecurity
    }

/** How brokers know who asks, and are known themselves. */
export interface KafkaSecurity {
  /** `undefined`: no TLS. Texts are PEM; without a `ca` those that Node trusts are trusted. */
  readonly tls?: { readonly ca?: string; readonly cert?: string; readonly key?: string }
  readonly sasl?: {
    readonly mechanism: (typeof mechanisms)[Mechanism]
    readonly username: string
    readonly password: string
  }
}

const mechanisms = {
  plain: 'PLAIN',
  'scram-sha-256': 'SCRAM-SHA-256',
  'scram-sha-512': 'SCRAM-SHA-512',
} as const
type Mechanism = keyof typeof mechanisms

const mechanism: Kind<Mechanism> = {
  allowed: Object.keys(mechanisms).join(', '),
  parse: (value) => (Object.hasOwn(mechanisms, value) ? (value as Mechanism) : undefined),
}

const address: Kind<{ readonly tls: boolean; readonly brokers: readonly string[] } | 'store'> = {
  allowed: 'store, or kafka://host:port[,host:port] or kafka+tls://…',
  parse: (value) => {
    if (value === 'store') return value
    const [, tls, brokers] = /^kafka(\+tls)?:\/\/([\w.-]+:\d{1,5}(?:,[\w.-]+:\d{1,5})*)\/?$/.exec(value) ?? []
    return brokers === undefined ? undefined : { tls: tls !== undefined, brokers: brokers.split(',') }
  },
}

const certificates = pemFile('certificates', (pem) => new X509Certificate(pem))
const privateKey = pemFile('a private key without a password', createPrivateKey)

/** Reads what the log is, and how Kafka is spoken to: the latter counts only where Kafka is the log. */
export function readLogAddress({ mistakes, read, readSecret }: Environment): LogAddress {
  const mistakesBefore = mistakes.length
  const log = read('WAYBILL_LOG', address) ?? 'store'
  const ca = read('WAYBILL_KAFKA_CA', certificates)
  const cert = read('WAYBILL_KAFKA_CERT', certificates)
  const key = read('WAYBILL_KAFKA_KEY', privateKey)
  const sasl = read('WAYBILL_KAFKA_SASL', mechanism)
  const username = read('WAYBILL_KAFKA_USER', text)
  const password = readSecret('WAYBILL_KAFKA_PASSWORD', secretText)
  // What belongs together can only be told of what is usable.
  if (log === 'store' || mistakes.length > mistakesBefore) return { kind: 'store' }

  const { tls, brokers } = log
  const needs = (name: string, value: unknown, other: string, otherValue: unknown): void => {
    if (value !== undefined && otherValue === undefined) {
      mistakes.push(`${other} is not set; it goes with ${name}`)
    }
  }
  needs('WAYBILL_KAFKA_USER', username, 'WAYBILL_KAFKA_PASSWORD', password)
  needs('WAYBILL_KAFKA_PASSWORD', password, 'WAYBILL_KAFKA_USER', username)
  needs('WAYBILL_KAFKA_SASL', sasl, 'WAYBILL_KAFKA_USER', username)
  needs('WAYBILL_KAFKA_CERT', cert, 'WAYBILL_KAFKA_KEY', key)
  needs('WAYBILL_KAFKA_KEY', key, 'WAYBILL_KAFKA_CERT', cert)
  if (cert !== undefined && key !== undefined && !fits(cert, key)) {
    mistakes.push('WAYBILL_KAFKA_KEY is not the key of the certificate in WAYBILL_KAFKA_CERT')
  }
  if (!tls) {
    for (const [name, value] of Object.entries({ CA: ca, CERT: cert, KEY: key })) {
      if (value === undefined) continue
      mistakes.push(`WAYBILL_KAFKA_${name} is for TLS; allowed: with WAYBILL_LOG=kafka+tls://…`)
    }
    if (sasl === 'plain' && !brokers.every(isOnLoopback)) {
      mistakes.push(
        'WAYBILL_KAFKA_SASL is plain, which shows the password to whoever listens; allowed: with WAYBILL_LOG=kafka+tls://…, or brokers on the loopback address',
      )
    }
  }
  return {
    kind: 'kafka',
    brokers,
    security: {
      ...(tls && { tls: { ...(ca && { ca }), ...(cert && key && { cert, key }) } }),
      ...(username &&
        password && { sasl: { mechanism: mechanisms[sasl ?? 'scram-sha-512'], username, password } }),
    },
  }
}

function fits(cert: string, key: string): boolean {
  return new X509Certificate(cert).checkPrivateKey(createPrivateKey(key))
}

/** The path of a file, read. */
function pemFile(what: string, check: (pem: string) => unknown): Kind<string> {
  return {
    allowed: `the path of a file with ${what} as PEM`,
    parse: (path) => {
      try {
        const pem = readFileSync(path, 'utf8')
        check(pem)
        return pem
      } catch {
        return undefined
      }
    },
  }
}

function isOnLoopback(broker: string): boolean {
  return /^(localhost|127\.\d+\.\d+\.\d+):/.test(broker)
}
