import assert from 'node:assert/strict'
import {
  type Clock,
  type Codec,
  createEngine,
  type Engine,
  type EntityDef,
  type Ids,
  type Log,
  messageOf,
  type QueryDef,
  type ServiceDef,
  type Store,
  type SystemDef,
  systemCaller,
  type Telemetry,
} from '@waybill/core'
import { checkingCodec } from '../../simulation/checking-codec.ts'
import type { Backend } from './context.ts'

/** How a process differs from a healthy one. */
export interface Ailments {
  readonly store?: (store: Store) => Store
  readonly log?: (log: Log) => Log
  readonly codec?: Codec
  readonly clock?: Clock
  /** Resolves when it dies; from then on it never answers. */
  readonly ended?: Promise<void>
}

/** What a process has reported. */
export interface Reports {
  readonly batches: Parameters<Telemetry['batch']>[0][]
  readonly parked: Parameters<Telemetry['parked']>[0][]
  readonly retried: Parameters<Telemetry['retried']>[0][]
  readonly halted: Parameters<Telemetry['halted']>[0][]
  readonly failed: Parameters<Telemetry['failed']>[0][]
}

/** The engines of a system's services in one process. */
export interface Engines {
  readonly reports: Reports
  engine(service: ServiceDef | string): Engine
  state<S>(service: ServiceDef | string, entity: EntityDef<S>, id: string): Promise<S>
  assertNoCrash(): void
  stop(): Promise<void>
}

/** @param options.only the services that run; default: all */
export async function startEngines(options: {
  system: SystemDef
  clock: Clock
  ids: Ids
  instance: string | undefined
  backend: Backend
  ailments: Ailments
  only?: readonly ServiceDef[]
}): Promise<Engines> {
  const { system, clock, ids, instance, backend, ailments, only = system.services } = options
  const { store: ailStore = (store) => store, log: ailLog = (log) => log, codec = checkingCodec } = ailments
  const reports: Reports = { batches: [], parked: [], retried: [], halted: [], failed: [] }
  const crashes: unknown[] = []
  const log = ailLog(backend.log)
  const engines = new Map<string, Engine>()
  const ask = <I, O>(query: QueryDef<I, O>, input: I) => {
    const owner = system.services.find(({ queries }) => queries.includes(query))!
    return engines.get(owner.name)!.ask(query, input, systemCaller)
  }
  for (const service of only) {
    const engine = createEngine({
      system,
      service,
      store: ailStore(backend.stores.get(service.name)!),
      log,
      codec,
      clock: ailments.clock ?? clock,
      ids,
      instance,
      ask,
      telemetry: {
        batch: (report) => void reports.batches.push(report),
        parked: (report) => void reports.parked.push(report),
        retried: (report) => void reports.retried.push(report),
        halted: (report) => void reports.halted.push(report),
        failed: (report) => void reports.failed.push(report),
      },
      crashed: (error) => void crashes.push(error),
    })
    engines.set(service.name, engine)
  }
  for (const engine of engines.values()) await engine.start()

  const engine = (service: ServiceDef | string): Engine =>
    engines.get(typeof service === 'string' ? service : service.name)!
  let stopped: Promise<unknown> | undefined
  return {
    reports,
    engine,
    state: (service, entity, id) => engine(service).read.entity(entity, id),
    assertNoCrash: () => assert.deepEqual(crashes.map(messageOf), [], 'an engine has crashed'),
    stop: async () => {
      stopped ??= Promise.all([...engines.values()].map((one) => one.stop())).then(backend.close)
      await stopped
    },
  }
}
