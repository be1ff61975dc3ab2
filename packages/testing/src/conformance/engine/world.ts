import assert from 'node:assert/strict'
import {
  type Clock,
  type Codec,
  createEngine,
  type Engine,
  type Log,
  messageOf,
  type QueryDef,
  type Read,
  type ServiceDef,
  type Store,
  type Submission,
  type Submitted,
  systemCaller,
  type Telemetry,
} from '@waybill/core'
import { checkingCodec } from '../../simulation/checking-codec.ts'
import { seededIds } from '../../simulation/seeded-ids.ts'
import { eventually } from '../waiting.ts'
import type { Backend, EngineContext } from './context.ts'
import { type Flow, flow } from './flow.ts'
import type { OrderState } from './flow-states.ts'

/** How a process differs from a healthy one. */
export interface Ailments {
  readonly store?: (store: Store) => Store
  readonly log?: (log: Log) => Log
  readonly codec?: Codec
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

/** The engines of all services in one process. */
export interface Process {
  readonly reports: Reports
  engine(service: ServiceDef): Engine
  read(service: ServiceDef): Read
  place(
    orderId: string,
    how?: Partial<Submission> & { product?: string },
  ): Promise<Submitted<{ status: string }>>
  note(key: string, n: number): Promise<unknown>
  order(orderId: string): Promise<OrderState>
  notesRead(key: string): Promise<readonly number[]>
  /** Waits until these orders have come to an end. */
  settled(...orderIds: readonly string[]): Promise<void>
  stop(): Promise<void>
}

/** One system, and as many processes that run it as a case starts. */
export interface World {
  readonly flow: Flow
  readonly clock: Clock
  /** Starts a process and fills the stock of the product `p` when it is the first. */
  start(ailments?: Ailments): Promise<Process>
  /** A store of the service to look into, beside all processes. */
  look(service: ServiceDef): Promise<Store>
  /** A new id for an order. */
  newId(): string
  end(): Promise<void>
}

let worlds = 0
/** Tells this run from others on the same broker. */
const run = Math.floor(Math.random() * 36 ** 4).toString(36)

const forever = new Promise<never>(() => {})

/**
 * A world on the backend of the context.
 * @param options.shares whether its processes know that there are others; else each believes that it is alone
 */
export function world({ clock, connect }: EngineContext, { shares }: { shares: boolean }): World {
  worlds += 1
  const system = flow(`${run}-${worlds}`)
  const ended: (() => Promise<void>)[] = []
  const ids = (): { newId(): string } => seededIds(clock, Math.floor(Math.random() * 2 ** 32))
  const { newId } = ids()
  let looking: Promise<Backend> | undefined
  let isStocked = false

  return {
    flow: system,
    clock,
    newId,
    start: async (ailments = {}) => {
      const backend = await connect(system.system)
      const death = ailments.ended ?? forever
      void death.then(backend.close)
      const instance = shares ? newId() : undefined
      const process = await startProcess({ flow: system, clock, ids: ids(), instance, backend, ailments })
      ended.push(() => Promise.race([process.stop(), death]))
      if (!isStocked) {
        isStocked = true
        const stocked = process
          .engine(system.services.stock)
          .submit(system.commands.restock, { product: 'p', quantity: 10_000 }, { caller: systemCaller })
        await stocked
      }
      return process
    },
    look: async (service) => {
      looking ??= connect(system.system)
      return (await looking).stores.get(service.name)!
    },
    end: async () => {
      await Promise.all(ended.map((end) => end()))
    },
  }
}

async function startProcess(options: {
  flow: Flow
  clock: Clock
  ids: { newId(): string }
  instance: string | undefined
  backend: Backend
  ailments: Ailments
}): Promise<Process> {
  const { flow: it, clock, ids, instance, backend, ailments } = options
  const { store: ailStore = (store) => store, log: ailLog = (log) => log, codec = checkingCodec } = ailments
  const reports: Reports = { batches: [], parked: [], retried: [], halted: [], failed: [] }
  const crashes: unknown[] = []
  const log = ailLog(backend.log)
  const engines = new Map<string, Engine>()
  const ask = <I, O>(query: QueryDef<I, O>, input: I) => {
    const owner = it.system.services.find(({ queries }) => queries.includes(query))!
    return engines.get(owner.name)!.ask(query, input, systemCaller)
  }
  for (const service of it.system.services) {
    const engine = createEngine({
      system: it.system,
      service,
      store: ailStore(backend.stores.get(service.name)!),
      log,
      codec,
      clock,
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

  const engine = (service: ServiceDef): Engine => engines.get(service.name)!
  const order = (orderId: string): Promise<OrderState> =>
    engine(it.services.order).read.entity(it.Order, orderId)
  let stopped: Promise<unknown> | undefined
  return {
    reports,
    engine,
    read: (service) => engine(service).read,
    place: (orderId, { product = 'p', ...how } = {}) =>
      engine(it.services.order).submit(
        it.commands.place,
        { orderId, product },
        { caller: systemCaller, ...how },
      ),
    note: (key, n) =>
      engine(it.services.order).submit(it.commands.note, { key, n }, { caller: systemCaller }),
    order,
    notesRead: async (key) => (await engine(it.services.stock).read.entity(it.Page, key)).read,
    settled: async (...orderIds) => {
      for (const orderId of orderIds) {
        await eventually(`order ${orderId} comes to an end`, async () => {
          assert.deepEqual(crashes.map(messageOf), [], 'an engine has crashed')
          return !['NONE', 'PLACED'].includes((await order(orderId)).status)
        })
      }
    },
    stop: async () => {
      stopped ??= Promise.all([...engines.values()].map((one) => one.stop())).then(backend.close)
      await stopped
    },
  }
}
