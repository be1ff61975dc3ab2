import { resolve } from 'node:path'
import { WaybillError } from '@waybill/core'
import type { Application } from '../application.ts'
import { readDemoMode } from './demo-mode.ts'
import { createEnvironment } from './environment.ts'
import { keptSecret } from './kept-secret.ts'
import * as kinds from './kinds.ts'
import { type LogAddress, readLogAddress } from './log-address.ts'
import { signingSecret } from './signing-secret.ts'

/** How this process runs, as its environment says. */
export interface Config {
  /** Demo accounts, demo data and the simulator's book are there; never in production: see `readDemoMode`. */
  readonly demo: boolean
  readonly dataFolder: string
  readonly store: kinds.StoreAddress
  readonly log: LogAddress
  /** Address of a schema registry; `undefined`: the embedded one. */
  readonly registry: string | undefined
  readonly redis: string | undefined
  readonly host: string
  /** Who may say for whom a request is: see `createServer`. */
  readonly trustedProxies: readonly string[]
  /** Of each system's gateway, by its name. */
  readonly ports: ReadonlyMap<string, number>
  readonly consolePort: number
  /** Where a process that runs single services is reached by the others; 0: any free one. */
  readonly servicePort: number
  /** Requests a minute and caller; 0: no limit. */
  readonly rateLimit: number
  readonly loginRateLimit: number
  readonly jwtSecret: string
  /** Policies' durations are divided by it. */
  readonly timeScale: number
}

const loginRateLimitDefault = 20

/**
 * Reads and checks the whole environment.
 * @param applications those that will run: each has a port
 * @throws CONFIGURATION_INVALID naming every mistake with what is allowed
 */
export function readConfig(
  variables: Readonly<Record<string, string | undefined>>,
  applications: readonly Pick<Application, 'name' | 'defaultPort'>[],
): Config {
  const environment = createEnvironment(variables)
  const { mistakes, read, readSecret } = environment
  const dataFolder = resolve(read('WAYBILL_DATA', kinds.text) ?? '.waybill')
  const store = readSecret('WAYBILL_STORE', kinds.storeAddress) ?? { kind: 'pglite' }
  const log = readLogAddress(environment)
  const registry = readSecret('WAYBILL_REGISTRY', kinds.registryAddress)
  const redis = readSecret('WAYBILL_REDIS', kinds.redisAddress)
  const host = read('WAYBILL_HOST', kinds.hostName) ?? '127.0.0.1'
  const trustedProxies = read('WAYBILL_TRUSTED_PROXIES', kinds.networks) ?? []
  const nodeEnv = variables['NODE_ENV'] ?? ''
  const demo = readDemoMode(environment, { nodeEnv, host, trustedProxies })
  const ports = new Map(
    applications.map(({ name, defaultPort }) => [name, read(portVariable(name), kinds.port) ?? defaultPort]),
  )
  const consolePort = read(portVariable('console'), kinds.port) ?? 8090
  const servicePort = read(portVariable('service'), kinds.port) ?? 0
  const rateLimit = read('WAYBILL_RATE_LIMIT', kinds.requestsPerMinute) ?? 6_000
  const timeScale = read('WAYBILL_TIME_SCALE', kinds.timeScale) ?? 1
  const mistakesBefore = mistakes.length
  const givenSecret = readSecret('WAYBILL_JWT_SECRET', signingSecret)

  if (!demo && givenSecret === undefined && mistakes.length === mistakesBefore) {
    mistakes.push(
      `WAYBILL_JWT_SECRET is not set; outside of demo mode it is required: ${signingSecret.allowed}. Demo mode is where NODE_ENV is not set (or development, or test) WAYBILL_HOST is the loopback address and WAYBILL_TRUSTED_PROXIES is not set, or where WAYBILL_DEMO is true`,
    )
  }
  if (!demo && timeScale !== 1) {
    mistakes.push('WAYBILL_TIME_SCALE is for demo mode; allowed elsewhere: 1')
  }
  mistakes.push(...portClashes(new Map([...ports, ['console', consolePort]])))
  mistakes.push(...environment.unread())
  if (mistakes.length > 0) {
    throw new WaybillError(
      'CONFIGURATION_INVALID',
      ['The environment cannot be used:', ...mistakes].join('\n  - '),
    )
  }

  return {
    demo,
    dataFolder,
    store,
    log,
    registry,
    redis,
    host,
    trustedProxies,
    ports,
    consolePort,
    servicePort,
    rateLimit,
    loginRateLimit: Math.min(rateLimit, loginRateLimitDefault),
    jwtSecret: givenSecret ?? keptSecret(dataFolder, 'jwt-secret'),
    timeScale,
  }
}

/** The variable that sets the port of a system's gateway, or of the `console`. */
export function portVariable(name: string): string {
  return `WAYBILL_PORT_${name.toUpperCase().replaceAll('-', '_')}`
}

function portClashes(ports: ReadonlyMap<string, number>): string[] {
  return [...Map.groupBy(ports.keys(), (name) => ports.get(name))]
    .filter(([port, names]) => port !== 0 && names.length > 1)
    .map(([port, names]) => `${names.map(portVariable).join(' and ')} are both ${port}; allowed: a port each`)
}
