import { type Clock, messageOf } from '@waybill/core'
import type { Logger } from 'pino'
import { systemClock } from '../clock.ts'
import type { Directory, Instance } from './directory.ts'

const beatEveryMs = 5_000
/** Three missed heartbeats: an instance that is so old is down. */
export const downAfterMs = 15_000
const dropAfterMs = 600_000

/** One instance of a service that lives. */
export interface Beating {
  readonly system: string
  readonly service: string
  readonly instanceId: string
  readonly address: string
  /** How long it has been running. */
  readonly upMs: number
}

/** The latest sign of life of one instance of a service. */
export interface Heartbeat extends Omit<Beating, 'upMs'> {
  readonly startedAt: Date
  readonly at: Date
  /** Milliseconds from `at` to now. */
  readonly ageMs: number
}

/**
 * Where heartbeats are kept. Several processes see each other if they share one. Every time is the store's own: the clocks
 * of two processes may differ by more than a heartbeat may be late.
 */
export interface HeartbeatStore {
  /** Takes the place of earlier heartbeats of the same instances, and drops those of any instance that are so old. */
  beat(instances: readonly Beating[], dropAfterMs: number): Promise<void>
  /** These have ended in good order: nobody need wonder where they are. */
  end(instances: readonly Omit<Beating, 'upMs'>[]): Promise<void>
  list(system: string): Promise<readonly Heartbeat[]>
}

/** Heartbeats of one process. @param clock that of the store */
export function memoryHeartbeats(clock: Pick<Clock, 'now' | 'monotonic'> = systemClock): HeartbeatStore {
  interface Kept {
    readonly heartbeat: Omit<Heartbeat, 'ageMs'>
    readonly beatAt: number
  }
  const latest = new Map<string, Kept>()
  const idOf = ({ system, service, instanceId }: Omit<Beating, 'upMs'>): string =>
    [system, service, instanceId].join('/')
  return {
    async beat(instances, dropAfter) {
      const now = clock.now()
      for (const { upMs, ...instance } of instances) {
        const startedAt = latest.get(idOf(instance))?.heartbeat.startedAt ?? new Date(now - upMs)
        const heartbeat = { ...instance, startedAt, at: new Date(now) }
        latest.set(idOf(instance), { heartbeat, beatAt: clock.monotonic() })
      }
      for (const [id, { beatAt }] of latest) if (clock.monotonic() - beatAt > dropAfter) latest.delete(id)
    },
    async end(instances) {
      for (const instance of instances) latest.delete(idOf(instance))
    },
    list: async (system) =>
      [...latest.values()]
        .filter(({ heartbeat }) => heartbeat.system === system)
        .map(({ heartbeat, beatAt }) => ({ ...heartbeat, ageMs: clock.monotonic() - beatAt })),
  }
}

/** The directory of a system, as its heartbeats show it. */
export function directoryOf(system: string, store: HeartbeatStore): Directory {
  return {
    async instances() {
      const heartbeats = await store.list(system)
      return heartbeats
        .filter(({ ageMs }) => ageMs < dropAfterMs)
        .map(({ service, instanceId, address, startedAt, at, ageMs }): Instance => ({
          service,
          instanceId,
          address,
          startedAt,
          lastHeartbeatAt: at,
          status: ageMs < downAfterMs ? 'up' : 'down',
        }))
    },
  }
}

/**
 * Under this name processes have heartbeats as a whole: from before they read anything of the system until nothing of
 * them runs any more. Their services have others, which say where they are reached, once they are.
 */
export function processesOf(system: string): string {
  return `${system}/processes`
}

/**
 * Says every five seconds that these instances live. The first heartbeat is sent before this resolves.
 * One that cannot be stored is left out: the next one comes anyway.
 * @returns ends it, and says so in the store
 */
export async function startHeartbeats(
  instances: readonly Omit<Beating, 'upMs'>[],
  { store, clock, logger }: { store: HeartbeatStore; clock: Clock; logger: Logger },
): Promise<() => Promise<void>> {
  const startedAt = clock.monotonic()
  let cancel = (): void => {}
  let ended = false
  let beating = Promise.resolve()
  const beat = async (): Promise<void> => {
    const upMs = Math.round(clock.monotonic() - startedAt)
    try {
      await store.beat(
        instances.map((instance) => ({ ...instance, upMs })),
        dropAfterMs,
      )
    } catch (error) {
      logger.warn({ cause: messageOf(error) }, 'heartbeat not stored')
    }
    if (!ended) cancel = clock.timer(beatEveryMs, () => void (beating = beat()))
  }
  await beat()
  return async () => {
    ended = true
    cancel()
    await beating
    // It will be seen by itself after three heartbeats.
    await store.end(instances).catch(() => {})
  }
}
