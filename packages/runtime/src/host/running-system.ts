import {
  type Clock,
  type Codec,
  createEngine,
  type Engine,
  type Ids,
  invariant,
  type Store,
  storeLog,
  type SystemDef,
  type Telemetry,
} from '@waybill/core'
import { createAsk } from '../ask.ts'
import type { Backends } from './backends.ts'
import type { Shutdown } from './shutdown.ts'

/** A system of which every service runs in this process. */
export interface RunningSystem {
  readonly system: SystemDef
  readonly codec: Codec
  readonly stores: ReadonlyMap<string, Store>
  readonly engines: ReadonlyMap<string, Engine>
  engine(service: string): Engine
}

/** Runs all services of a system on the store as log. `shutdown` learns how to end them. */
export async function startSystem(options: {
  system: SystemDef
  storeOf: (service: string) => Store
  backends: Backends
  clock: Clock
  ids: Ids
  telemetry: Telemetry
  timeScale: number
  /** An engine cannot go on. */
  crashed: (error: unknown) => void
  shutdown: Shutdown
}): Promise<RunningSystem> {
  const { system, storeOf, backends, clock, shutdown, ...rest } = options
  const codec = await backends.codec(system)
  const stores = new Map(system.services.map(({ name }) => [name, storeOf(name)]))
  for (const service of system.services) {
    const store = stores.get(service.name)!
    await store.open(service)
    shutdown.add(() => store.close())
  }

  const log = storeLog({ stores, clock })
  const engineOf = (name: string): Engine => {
    const engine = engines.get(name)
    invariant(engine !== undefined, `${system.name} has no service ${name}`)
    return engine
  }
  const ask = createAsk(system, engineOf)
  const engines: ReadonlyMap<string, Engine> = new Map(
    system.services.map((service) => [
      service.name,
      createEngine({ ...rest, system, service, store: stores.get(service.name)!, log, codec, clock, ask }),
    ]),
  )
  shutdown.add(() => Promise.all([...engines.values()].map((engine) => engine.stop())))
  for (const engine of engines.values()) await engine.start()
  return { system, codec, stores, engines, engine: engineOf }
}
