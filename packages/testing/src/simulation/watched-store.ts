import { type MemoryData, memoryStore, sleep, type Store, WaybillError, type Write } from '@waybill/core'
import type { Life } from './life.ts'
import type { World } from './world.ts'

/** A process's handle on the store of a service: what a database does to those who use it happens here. */
export function watchedStore(world: World, life: Life, service: string, data: MemoryData): Store {
  const store = memoryStore(service, data)
  const { clock, random, strikes } = world

  /** Before and after each call: the process may be dead, frozen or slow, and the store away. */
  async function reached(): Promise<void> {
    await life.pass()
    if (strikes('slow')) {
      await sleep(clock, random.between(1, 200))
      await life.pass()
    }
    if (strikes('crash')) {
      life.kill()
      await life.pass()
    }
  }

  function assertUp(): void {
    if (clock.now() < (world.awayUntil.get(service) ?? 0) || strikes('failed')) {
      throw new WaybillError('STORE_UNAVAILABLE', `The store of ${service} is away.`)
    }
  }

  const calls = Object.entries(store).map(([name, call]) => [
    name,
    typeof call !== 'function' || name === 'recent'
      ? call
      : async (...args: unknown[]) => {
          await reached()
          assertUp()
          const answer: unknown = await (call as (...all: unknown[]) => unknown)(...args)
          await reached()
          return answer
        },
  ])
  return {
    ...(Object.fromEntries(calls) as Store),
    transact: async (need, decide) => {
      await reached()
      assertUp()
      let write: Write | undefined
      const done = await store.transact(need, async (loaded, more) => {
        write = await Promise.race([decide(loaded, more), life.died])
        return write
      })
      world.committed(service, write!)
      await reached()
      return done
    },
  }
}
