import { memoryStore, needNothing } from '@waybill/core'
import { checkingCodec } from '../checking-codec.ts'
import type { World } from '../world.ts'

/** Whether each state is what the events of its entity fold to. */
export async function stateFaults(world: World): Promise<readonly string[]> {
  const faults: string[] = []
  for (const service of world.original.services) {
    const store = memoryStore(service.name, world.data.get(service.name))
    const subjects = [...world.subjects.get(service.name)!]
    const { snapshots } = await store.load({ ...needNothing, subjects })
    for (const subject of subjects) {
      const slash = subject.indexOf('/')
      const entity = service.entities.find(({ name }) => name === subject.slice(0, slash))!
      let state: unknown = entity.initial
      for (const { type, payload, at } of await store.history(subject, { limit: 100_000 })) {
        const evolve = entity.evolves.get(type)
        const event = world.original.events.get(type)!
        state =
          evolve?.(state, checkingCodec.decode(event, payload), subject.slice(slash + 1), new Date(at)) ??
          state
      }
      const kept = snapshots.get(subject)?.state
      if (JSON.stringify(kept) !== JSON.stringify(state)) {
        faults.push(
          `${service.name} keeps ${JSON.stringify(kept)} of ${subject}, and its events say ${JSON.stringify(state)}`,
        )
      }
    }
  }
  return faults
}
