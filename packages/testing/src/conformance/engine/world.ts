import {
  type Clock,
  type Read,
  type ServiceDef,
  type Store,
  type Submission,
  type Submitted,
  type SystemDef,
  systemCaller,
} from '@waybill/core'
import { seededIds } from '../../simulation/seeded-ids.ts'
import { eventually } from '../waiting.ts'
import type { Backend, EngineContext } from './context.ts'
import { type Ailments, type Engines, startEngines } from './engines.ts'
import { type Flow, flow } from './flow.ts'
import type { OrderState } from './flow-states.ts'

export type { Ailments } from './engines.ts'

/** The engines of all services of the flow in one process. */
export interface Process extends Engines {
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
}

/** One system, and as many processes that run it as a case starts. */
export interface World {
  readonly flow: Flow
  readonly clock: Clock
  /** Tells the services and topics of this world from those of others, which may share a database or a broker. */
  readonly suffix: string
  /** Starts a process and fills the stock of the product `p` when it is the first. */
  start(ailments?: Ailments): Promise<Process>
  /** Starts a process of another system. @param only the services that run in it; default: all */
  run(system: SystemDef, ailments?: Ailments, only?: readonly ServiceDef[]): Promise<Engines>
  /** A store of the service to look into, beside all processes. */
  look(service: ServiceDef, system?: SystemDef): Promise<Store>
  /** A new id for an order. */
  newId(): string
  end(): Promise<void>
}

let worlds = 0
/** Tells this run from others on the same broker. */
const thisRun = Math.floor(Math.random() * 36 ** 4).toString(36)

const forever = new Promise<never>(() => {})

/**
 * A world on the backend of the context.
 * @param options.shares whether its processes know that there are others; else each believes that it is alone
 */
export function world({ clock, connect }: EngineContext, { shares }: { shares: boolean }): World {
  worlds += 1
  const suffix = `${thisRun}-${worlds}`
  const it = flow(suffix)
  const ended: (() => Promise<void>)[] = []
  const ids = (): { newId(): string } => seededIds(clock, Math.floor(Math.random() * 2 ** 32))
  const { newId } = ids()
  const looking = new Map<SystemDef, Promise<Backend>>()
  let isStocked = false

  async function run(
    system: SystemDef,
    ailments: Ailments = {},
    only?: readonly ServiceDef[],
  ): Promise<Engines> {
    const backend = await connect(system, ailments.clock)
    const death = ailments.ended ?? forever
    void death.then(backend.close)
    const instance = shares ? newId() : undefined
    const engines = await startEngines({
      system,
      clock,
      ids: ids(),
      instance,
      backend,
      ailments,
      ...(only && { only }),
    })
    ended.push(() => Promise.race([engines.stop(), death]))
    return engines
  }

  return {
    flow: it,
    clock,
    suffix,
    newId,
    run,
    start: async (ailments) => {
      const process = flowProcess(it, await run(it.system, ailments))
      if (!isStocked) {
        isStocked = true
        const stocked = process
          .engine(it.services.stock)
          .submit(it.commands.restock, { product: 'p', quantity: 10_000 }, { caller: systemCaller })
        await stocked
      }
      return process
    },
    look: async (service, system = it.system) => {
      const backend = looking.get(system) ?? connect(system)
      looking.set(system, backend)
      return (await backend).stores.get(service.name)!
    },
    end: async () => {
      await Promise.all(ended.map((end) => end()))
    },
  }
}

function flowProcess(it: Flow, engines: Engines): Process {
  const { engine } = engines
  const order = (orderId: string): Promise<OrderState> =>
    engine(it.services.order).read.entity(it.Order, orderId)
  return {
    ...engines,
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
          engines.assertNoCrash()
          return !['NONE', 'PLACED'].includes((await order(orderId)).status)
        })
      }
    },
  }
}
