import {
  command,
  entity,
  event,
  jsonCodec,
  memoryStore,
  on,
  saga,
  service,
  type Store,
  system,
} from '@waybill/core'
import { pino } from 'pino'
import Type from 'typebox'
import type { Application } from '../application.ts'
import { accounts } from '../auth/accounts.ts'
import { demoAccounts } from '../auth/demo.ts'
import type { Config } from '../config/config.ts'
import { call } from '../http/test-kit.ts'
import { memoryHeartbeats } from '../outside/heartbeats.ts'
import type { Backends } from './backends.ts'
import { type Host, startHost } from './host.ts'

const Parcel = Type.Object({ parcelId: Type.String(), weight: Type.Integer() })
const ParcelSent = event('ParcelSent', { topic: 'parcel-sent', key: 'parcelId', data: Parcel })
const ParcelArrived = event('ParcelArrived', { topic: 'parcel-arrived', key: 'parcelId', data: Parcel })

const Sent = entity('parcel', { status: 'none' })
  .evolve(ParcelSent, () => ({ status: 'sent' }))
  .evolve(ParcelArrived, () => ({ status: 'arrived' }))
const Shelf = entity('shelf', { parcels: 0 }).evolve(ParcelArrived, ({ parcels }) => ({
  parcels: parcels + 1,
}))

/** A parcel of this weight breaks the machine that receives it. */
export const brokenWeight = 13

const send = command('send', {
  http: 'POST /api/parcels',
  role: 'user',
  input: Type.Object({ weight: Type.Integer({ minimum: 1 }) }),
  at: Sent,
  id: (_, { newId }) => newId(),
  emits: [ParcelSent],
  decide: (_, { weight }, { id }) => ParcelSent({ parcelId: id, weight }),
  settled: ({ status }) => status === 'arrived',
})
const receive = on(ParcelSent)
  .at(Shelf, () => 'main')
  .emits(ParcelArrived)
  .decide((_, parcel) => {
    if (parcel.weight === brokenWeight) throw new Error('the scales broke')
    return ParcelArrived(parcel)
  })

const post = system(
  'post',
  [
    service('counter', {
      entities: [Sent],
      commands: [send],
      handlers: [on(ParcelArrived).at(Sent, 'parcelId').observe()],
    }),
    service('depot', { entities: [Shelf], handlers: [receive] }),
    accounts,
  ],
  [saga('delivery', { starts: ParcelSent, ends: { delivered: [ParcelArrived] }, within: { seconds: 5 } })],
)

/** A small system: a parcel that is sent at the counter arrives at the depot. */
export const postOffice: Application = {
  name: 'post',
  defaultPort: 0,
  example: 'curl {address}/api/parcels',
  create: () => post,
}

/** Backends in memory that remember what was closed. */
export function memoryBackends(wrap: (store: Store) => Store = (store) => store) {
  const closed: string[] = []
  const backends: Backends = {
    heartbeats: memoryHeartbeats(),
    shared: false,
    store: (_, name) => wrap({ ...memoryStore(name), close: async () => void closed.push(name) }),
    codec: async () => jsonCodec,
    ready: async () => true,
    close: async () => void closed.push('backends'),
  }
  return { backends, closed }
}

export const testConfig: Config = {
  demo: true,
  dataFolder: '',
  store: { kind: 'pglite' },
  log: { kind: 'store' },
  registry: undefined,
  redis: undefined,
  host: '127.0.0.1',
  trustedProxies: [],
  ports: new Map([['post', 0]]),
  consolePort: 0,
  servicePort: 0,
  rateLimit: 0,
  loginRateLimit: 0,
  jwtSecret: 'a secret that only these tests know',
  timeScale: 1,
}

export function startPostOffice(
  options: { config?: Partial<Config>; backends?: Backends; applications?: readonly Application[] } = {},
): Promise<Host> {
  return startHost({
    applications: options.applications ?? [postOffice],
    config: { ...testConfig, ...options.config },
    backends: options.backends ?? memoryBackends().backends,
    logger: pino({ level: 'silent' }),
  })
}

/** An access token of one of the demo accounts. */
export async function login(host: Host, name: 'Demo' | 'Admin'): Promise<string> {
  const { email, password } = demoAccounts.find((account) => account.name === name)!
  const answer = await call(host.systems[0]!, 'POST /api/auth/login', { json: { email, password } })
  return (answer.body as { accessToken: string }).accessToken
}
