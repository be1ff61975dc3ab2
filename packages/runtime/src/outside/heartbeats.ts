import { type Clock, messageOf } from '@waybill/core'
import type { Logger } from 'pino'
import type { Directory, Instance } from './directory.ts'

const beatEveryMs = 5_000
/** Three missed heartbeats. */
const downAfterMs = 15_000
const dropAfterMs = 600_000

/** The latest sign of life of one instance of a service. */
export interface Heartbeat {
  readonly system: string
  readonly service: string
  readonly instanceId: string
  readonly address: string
  readonly startedAt: Date
  readonly at: Date
}

/** Where heartbeats are kept. Several processes see each other if they share one. */
export interface HeartbeatStore {
  /** Takes the place of earlier heartbeats of the same instances, and drops those of any instance before `dropBefore`. */
  beat(heartbeats: readonly Heartbeat[], dropBefore: Date): Promise<void>
  list(system: string): Promise<readonly Heartbeat[]>
}

/** Heartbeats of one process. */
export function memoryHeartbeats(): HeartbeatStore {
  const latest = new Map<string, Heartbeat>()
  return {
    async beat(heartbeats, dropBefore) {
      for (const heartbeat of heartbeats) {
        latest.set([heartbeat.system, heartbeat.service, heartbeat.instanceId].join('/'), heartbeat)
      }
      for (const [id, { at }] of latest) if (at < dropBefore) latest.delete(id)
    },
    list: async (system) => [...latest.values()].filter((heartbeat) => heartbeat.system === system),
  }
}

/** The directory of a system, as its heartbeats show it. */
export function directoryOf(system: string, store: HeartbeatStore, clock: Clock): Directory {
  return {
    async instances() {
      const now = clock.now()
      const heartbeats = await store.list(system)
      return heartbeats
        .filter(({ at }) => now - at.getTime() < dropAfterMs)
        .map(({ service, instanceId, address, startedAt, at }): Instance => ({
          service,
          instanceId,
          address,
          startedAt,
          lastHeartbeatAt: at,
          status: now - at.getTime() < downAfterMs ? 'up' : 'down',
        }))
    },
  }
}

/**
 * Says every five seconds that these instances live. The first heartbeat is sent before this resolves.
 * One that cannot be stored is left out: the next one comes anyway.
 * @returns ends it
 */
export async function startHeartbeats(
  instances: readonly Omit<Heartbeat, 'at' | 'startedAt'>[],
  { store, clock, logger }: { store: HeartbeatStore; clock: Clock; logger: Logger },
): Promise<() => void> {
  const startedAt = new Date(clock.now())
  let cancel = (): void => {}
  let ended = false
  const beat = async (): Promise<void> => {
    const now = clock.now()
    const heartbeats = instances.map((instance) => ({ ...instance, startedAt, at: new Date(now) }))
    try {
      await store.beat(heartbeats, new Date(now - dropAfterMs))
    } catch (error) {
      logger.warn({ cause: messageOf(error) }, 'heartbeat not stored')
    }
    if (!ended) cancel = clock.timer(beatEveryMs, () => void beat())
  }
  await beat()
  return () => {
    ended = true
    cancel()
  }
}
