import {
  createEngine,
  type Engine,
  memoryStore,
  type ServiceDef,
  sleep,
  storeLog,
  type Store,
} from '@waybill/core'
import { repeatingLog } from '../conformance/engine/repeating-log.ts'
import { checkingCodec } from './checking-codec.ts'
import { createLife, type Life } from './life.ts'
import { seededIds } from './seeded-ids.ts'
import { watchedStore } from './watched-store.ts'
import type { World } from './world.ts'

/** Deadlines and the limits of effects are divided by it: most of a run would else be waiting, which finds nothing. */
const timeScale = 10

/** A process that runs one service. */
export interface SimulatedProcess {
  readonly name: string
  readonly service: string
  readonly life: Life
  readonly engine: Engine
}

/**
 * Starts a process of a service.
 * @param options.repeats whether the log gives events twice
 * @param options.crashed called when its engine gives up, which it never should
 * @throws what its store throws
 */
export async function startProcess(
  world: World,
  service: ServiceDef,
  options: {
    readonly name: string
    readonly repeats: boolean
    readonly ask: Parameters<typeof createEngine>[0]['ask']
    crashed(error: unknown): void
  },
): Promise<SimulatedProcess> {
  const { name, repeats, ask, crashed } = options
  const life = createLife(world.clock)
  const stores = new Map<string, Store>(
    [...world.data].map(([of, data]) => [of, watchedStore(world, life, of, data)]),
  )
  const log = storeLog({ stores, clock: life.clock, system: world.system })
  const store = stores.get(service.name)!
  await memoryStore(service.name, world.data.get(service.name)).open(service)
  const engine = createEngine({
    system: world.system,
    service: withOutsideFaults(world, life, service),
    store,
    log: repeats ? repeatingLog(log) : log,
    codec: checkingCodec,
    clock: life.clock,
    ids: seededIds(world.clock, world.random.between(1, 2 ** 31)),
    ask,
    instance: name,
    timeScale,
    crashed: (error) => {
      if (!life.isDead()) crashed(error)
    },
  })
  // It may be killed before it has started.
  await Promise.race([engine.start(), life.died])
  return { name, service: service.name, life, engine }
}

/** The same service, whose effects meet an outside world in which things go wrong. */
function withOutsideFaults({ strikes, clock, random }: World, life: Life, service: ServiceDef): ServiceDef {
  const handlers = service.handlers.map((handler) => {
    const { effect } = handler
    if (effect === undefined) return handler
    const run: typeof effect.run = async (...args) => {
      await life.pass()
      if (strikes('refusal')) throw new Error('The outside world refuses.')
      const answer = await effect.run(...args)
      if (strikes('lateness')) await sleep(clock, random.between(1, 30_000 / timeScale))
      if (strikes('silence')) await new Promise(() => {})
      await life.pass()
      return answer
    }
    return { ...handler, effect: { ...effect, run } }
  })
  return { ...service, handlers }
}
