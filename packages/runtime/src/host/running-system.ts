import {
  checkHistory,
  type Clock,
  type Codec,
  createEngine,
  type Engine,
  type Ids,
  invariant,
  type ServiceClient,
  type ServiceDef,
  type Store,
  storeLog,
  type SystemDef,
  type Telemetry,
} from '@waybill/core'
import { createAsk } from '../ask.ts'
import { busyness } from '../busyness.ts'
import type { Backends } from './backends.ts'
import type { Placement } from './placement.ts'
import type { Shutdown } from './shutdown.ts'

/** A system, or those of its services that run in this process. */
export interface RunningSystem {
  readonly system: SystemDef
  readonly codec: Codec
  readonly stores: ReadonlyMap<string, Store>
  /** Of the services that run here. */
  readonly engines: ReadonlyMap<string, Engine>
  /** Every service, wherever it runs. */
  readonly clients: ReadonlyMap<string, ServiceClient>
  client(service: string): ServiceClient
}

/** Other processes cannot ring when they commit: then their logs are looked at this often. */
const lookEveryMs = 20

/** Runs services of a system. `shutdown` learns how to end them. */
export async function startSystem(options: {
  system: SystemDef
  storeOf: (service: string) => Store
  backends: Backends
  clock: Clock
  ids: Ids
  telemetry: Telemetry
  /** Told what people should know of this start, in sentences. */
  warn: (news: string) => void
  timeScale: number
  /** An engine cannot go on. */
  crashed: (error: unknown) => void
  shutdown: Shutdown
  placement: Placement
  /** Reaches a service that runs elsewhere. */
  remote: (service: ServiceDef) => ServiceClient
}): Promise<RunningSystem> {
  const { system, storeOf, backends, clock, shutdown, placement, remote, warn, ...rest } = options
  const codec = await backends.codec(system)
  const here = system.services.filter(({ name }) => placement.here(name))
  // Where the stores are the log, each service reads those of the others.
  const opened = backends.log === undefined ? system.services : here
  const stores = new Map(opened.map(({ name }) => [name, storeOf(name)]))
  for (const service of opened) {
    const store = stores.get(service.name)!
    await store.open(service)
    shutdown.add(() => store.close())
  }

  const { telemetry } = rest
  const busy = busyness()
  const between = await backends.log?.({ system, services: here, stores, clock, busy, telemetry })
  if (between !== undefined) shutdown.add(() => between.close())
  const log = between?.log ?? storeLog({ stores, clock, system, ...(placement.whole ? {} : { lookEveryMs }) })
  const client = (name: string): ServiceClient => {
    const found = clients.get(name)
    invariant(found !== undefined, `${system.name} has no service ${name}`)
    return found
  }
  const ask = createAsk(system, client, clock)
  const instance = backends.shared ? rest.ids.newId() : undefined
  const engines: ReadonlyMap<string, Engine> = new Map(
    here.map((service) => [
      service.name,
      createEngine({
        ...rest,
        system,
        service,
        store: stores.get(service.name)!,
        log,
        codec,
        clock,
        ask,
        busy,
        instance,
      }),
    ]),
  )
  const clients = new Map(
    system.services.map((service) => [service.name, engines.get(service.name) ?? remote(service)]),
  )
  shutdown.add(() => Promise.all([...engines.values()].map((engine) => engine.stop())))
  for (const service of here) {
    for (const news of await checkHistory(service, stores.get(service.name)!)) warn(news)
  }
  for (const engine of engines.values()) await engine.start()
  return { system, codec, stores, engines, clients, client }
}
