import type { EffectIo } from '../contract/effect.ts'
import { subjectOf } from '../contract/entity.ts'
import { emittedBy, type ServiceDef } from '../contract/service.ts'
import type { SystemDef } from '../contract/system.ts'
import type { Clock } from '../ports/clock.ts'
import type { Codec } from '../ports/codec.ts'
import type { Ids } from '../ports/ids.ts'
import type { Sharing } from '../ports/leases.ts'
import type { Log } from '../ports/log.ts'
import type { Store } from '../ports/store.ts'
import { noTelemetry, type Telemetry } from '../ports/telemetry.ts'
import { definitionOf } from './aside/definition.ts'
import { committer } from './commit/committer.ts'
import { teller } from './commit/teller.ts'
import { transaction } from './commit/transaction.ts'
import { effects } from './effects/effects.ts'
import type { Committed, Engine, Submitted } from './engine.ts'
import { arrivals } from './intake/arrivals.ts'
import { commands } from './intake/commands.ts'
import { intake } from './intake/intake.ts'
import { subscriber } from './intake/subscriber.ts'
import { timetable } from './intake/timetable.ts'
import { toWork } from './intake/work.ts'
import { refolding } from './history/refolding.ts'
import { reader } from './read/reader.ts'
import { signal } from './signal.ts'

export interface EngineOptions {
  readonly system: SystemDef
  readonly service: ServiceDef
  readonly store: Store
  readonly log: Log
  readonly codec: Codec
  readonly clock: Clock
  readonly ids: Ids
  /** How this service's effects ask other services. */
  readonly ask: EffectIo['ask']
  readonly telemetry?: Telemetry
  /** Deadlines and the limits of effects are divided by it; default 1. */
  readonly timeScale?: number
  /** A name for this process that no other has at the same time; default: no other process runs the service. */
  readonly instance?: string | undefined
  /**
   * How busy this process is, from 0 to 1: events wait for company only as far as there is something to save. Default: as
   * busy as can be.
   */
  readonly busy?: () => number
  /** The loop has ended with an error that nobody can mend from inside: an INVARIANT_BROKEN, mostly. `stop` throws it, too. */
  readonly crashed?: (error: unknown) => void
}

/**
 * An engine for one service, on a store that is open. One loop takes whatever has piled up (commands, events, deadlines,
 * parked events), runs the effects, and decides and commits everything in one transaction.
 */
export function createEngine(options: EngineOptions): Engine {
  const { service } = options
  const listeners = new Set<(events: readonly Committed[]) => void>()
  const bell = signal()
  const state = { isStopping: false }
  const rooms = furnish(options, { listeners, bell, isStopping: () => state.isStopping })
  const { read, queue, incoming, times, taking, committing } = rooms
  let looping: Promise<void> = Promise.resolve()
  let running: Promise<void> = Promise.resolve()

  async function loop(): Promise<void> {
    while (!state.isStopping || queue.busy()) {
      if (taking.isEmpty()) await bell.wait()
      await committing.commit(await taking.take())
    }
  }

  return {
    service,
    read,
    start: async () => {
      await incoming.open()
      looping = loop()
      running = Promise.all([looping, incoming.run(), times.run()]).then(() => undefined)
      running.catch(options.crashed ?? (() => {}))
    },
    stop: async () => {
      state.isStopping = true
      queue.close()
      times.stop()
      bell.ring()
      // What is in hand is committed before others have its partitions.
      await looping.catch(() => {})
      await incoming.close()
      await times.close()
      await running
    },
    submit: <I, O>(
      command: Parameters<Engine['submit']>[0],
      input: I,
      how: Parameters<Engine['submit']>[2],
    ) => queue.submit(command, input, how) as Promise<Submitted<O>>,
    ask: (query, input, caller) => query.answer(read, input, caller),
    tail: (listener) => {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
  }
}

/** Makes the rooms of an engine, from the intake to the telling, and joins them. */
function furnish(
  { system, service, log, codec, clock, ids, ask, ...options }: EngineOptions,
  shared: {
    readonly listeners: ReadonlySet<(events: readonly Committed[]) => void>
    readonly bell: { ring(): void }
    isStopping(): boolean
  },
) {
  const { telemetry = noTelemetry, timeScale = 1, busy = () => 1, instance } = options
  const { listeners, bell, isStopping } = shared
  const store = refolding(options.store, service, codec)
  const io = { ask, nextNumber: (sequence: string) => store.nextNumber(sequence) }
  const sharing: Sharing | undefined = instance === undefined ? undefined : { instance, leases: store }
  const definition = definitionOf(system, service)
  const own = new Map([...emittedBy(service)].map(({ type, topic }) => [type, topic?.name]))
  const read = reader(service, store, codec)

  const acting = effects({ service: service.name, clock, io, timeScale, ended: (name) => times.freed(name) })
  const ring = (): void => {
    bell.ring()
    acting.nudge()
  }
  const times = timetable({ clock, store, codec, definition, sharing, ring })
  const queue = commands({
    clock,
    ids,
    io,
    timeScale,
    stateOf: (command, id) => read.entity(command.entity, id),
    subjectOf: (command, id) => subjectOf(command.entity, id),
    ring,
  })
  const incoming = arrivals({
    clock,
    codec,
    busy,
    subscribe: subscriber({ service, store, log, sharing }),
    // What it has published itself comes back where it reads that topic, too.
    isWanted: ({ event }) => event.topic === undefined || own.get(event.type) !== event.topic,
    ring,
    retried: (cause, delayMs) => telemetry.retried({ service: service.name, cause, delayMs }),
  })
  const taking = intake({
    commands: queue,
    arrivals: incoming,
    times,
    toWork: (origin) => toWork(origin, { system, service, codec }),
    isStopping,
  })
  const committing = committer({
    service: service.name,
    clock,
    transact: transaction({
      context: { service, codec, ids, timeScale, clock, definition },
      store,
      effects: acting,
      claims: log.repeats,
      meanwhile: async () => {
        if (queue.pending() > 0) await committing.commit(taking.takeCommands())
      },
    }),
    arrivals: incoming,
    times,
    commands: queue,
    effects: acting,
    telemetry,
    tell: teller({ service: service.name, log, commands: queue, telemetry, listeners }),
    isStopping,
  })
  return { read, queue, incoming, times, taking, committing }
}
