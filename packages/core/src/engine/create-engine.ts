import { subjectOf } from '../contract/entity.ts'
import type { EffectIo } from '../contract/effect.ts'
import { receivedBy, type ServiceDef } from '../contract/service.ts'
import type { SystemDef } from '../contract/system.ts'
import { hasCode, invariant } from '../errors.ts'
import { type Clock, sleep } from '../ports/clock.ts'
import type { Codec } from '../ports/codec.ts'
import type { Ids } from '../ports/ids.ts'
import type { Log } from '../ports/log.ts'
import { type Offset, type Store } from '../ports/store.ts'
import { noTelemetry, type Telemetry } from '../ports/telemetry.ts'
import { arrivals, type Arrivals, partitionOf, reachedBy } from './arrivals.ts'
import { type Decided, decideBatch, hasEffect } from './batch.ts'
import { commands } from './commands.ts'
import { effects } from './effects.ts'
import type { Committed, Engine, Submitted } from './engine.ts'
import { backoffMs, limits } from './limits.ts'
import { needOf } from './need.ts'
import { reader } from './reader.ts'
import { signal } from './signal.ts'
import { timetable } from './timetable.ts'
import { type CommandWork, type EventWork, toWork, type Work } from './work.ts'

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
  /** The loop has ended with an error that nobody can mend from inside: an INVARIANT_BROKEN, mostly. `stop` throws it, too. */
  readonly crashed?: (error: unknown) => void
}

/**
 * An engine for one service, on a store that is open. One loop takes whatever has piled up (commands, events, deadlines, parked events), runs the
 * effects, and decides and commits everything in one transaction.
 */
export function createEngine(options: EngineOptions): Engine {
  const { system, service, store, log, codec, clock, ids, telemetry = noTelemetry, timeScale = 1 } = options
  const bell = signal()
  const ring = bell.ring
  const io = { ask: options.ask, nextNumber: (sequence: string) => store.nextNumber(sequence) }
  const read = reader(service, store, codec)
  const effecting = effects({ service: service.name, clock, io, timeScale, ended: ring })
  const queue = commands({
    clock,
    ids,
    io,
    timeScale,
    stateOf: (command, id) => read.entity(command.entity, id),
    subjectOf: (command, id) => subjectOf(command.entity, id),
    ring,
  })
  const sharing = options.instance === undefined ? undefined : { instance: options.instance, leases: store }
  const times = timetable({ clock, store, codec, sharing, ring })
  const listeners = new Set<(events: readonly Committed[]) => void>()
  const positions = new Map<string, number>()
  const context = { service, codec, ids, timeScale }
  let incoming: Arrivals | undefined
  let looping: Promise<void> = Promise.resolve()
  let running: Promise<void> = Promise.resolve()
  let stopping = false
  let lastAt = 0

  /** One transaction for all of these, or an error for all of them. */
  async function commit(works: readonly Work[], reached: readonly Offset[]): Promise<void> {
    const startedAt = clock.now()
    lastAt = Math.max(startedAt, lastAt)
    const need = needOf(works, service, log.repeats ? startedAt : undefined)
    const offsets = reached
      .map((offset) => ({ ...offset, expected: positions.get(partitionOf(offset)) ?? 0 }))
      .filter(({ next, expected }) => next > expected)
    await runEffects(works)
    let decided: Decided | undefined
    const { firstPosition } = await store.transact(need, async (loaded, more) => {
      decided = await decideBatch(context, works, lastAt, { need, loaded }, more)
      return { ...decided.write, offsets }
    })
    invariant(decided !== undefined, 'A store committed without deciding.')
    incoming?.saved(offsets)
    announce(decided, firstPosition)
    const count = works.filter(({ kind }) => kind === 'command').length
    telemetry.batch({
      service: service.name,
      commands: count,
      messages: works.length - count,
      events: decided.write.events,
      durationMs: clock.now() - startedAt,
    })
  }

  async function runEffects(works: readonly Work[]): Promise<void> {
    const acting = withEffects(works)
    if (acting.length === 0) return
    const need = needOf(acting, service, log.repeats ? clock.now() : undefined)
    const loaded = await store.load({ ...need, rows: [] })
    // Behind a parked event of its key the effect must wait, and a repeated one has had its effect.
    await effecting.settle(
      acting.filter(
        ({ origin, head }) =>
          origin.kind === 'parked' || !(loaded.parkedKeys.has(head.key) || loaded.duplicates.has(head.id)),
      ),
      loaded,
    )
  }

  /** After the commit: the log, those who wait, those who listen. */
  function announce(decided: Decided, firstPosition: number): void {
    const { write, payloads } = decided
    const topics = new Set(write.events.flatMap(({ topic }) => topic ?? []))
    if (topics.size > 0) log.committed(service.name, topics)
    times.committed(write)
    for (const { work, answer } of decided.answers) work.resolve(answer)
    for (const { work, error } of decided.failures) work.reject(error)
    for (const { subject } of write.snapshots) queue.changed(subject)
    for (const { parked, cause } of decided.failed) telemetry.parked({ service: service.name, parked, cause })
    if (listeners.size === 0 || write.events.length === 0) return
    const committed = write.events.map(({ payload, alsoSubjects, ...head }, index) => ({
      ...head,
      data: payloads[index]!,
      position: firstPosition + index,
    }))
    for (const listener of listeners) listener(committed)
  }

  /** Commits these works; whatever goes wrong, none of them is lost and none holds up the others for good. */
  async function process(works: readonly Work[], reached: readonly Offset[]): Promise<void> {
    for (let attempt = 1; works.length > 0 || reached.length > 0; attempt += 1) {
      try {
        await commit(works, reached)
        return
      } catch (cause) {
        if (hasCode(cause, 'OFFSETS_LOST')) {
          await incoming!.reset()
          works = works.filter((work) => work.kind === 'command' || work.origin.kind !== 'message')
          reached = []
        } else if (hasCode(cause, 'BATCH_CONFLICT')) {
          // Another process may have settled a deadline or a parked event of this batch; if not, they come again.
          works = works.filter((work) => work.kind === 'command' || work.origin.kind === 'message')
          times.look()
        } else if (!hasCode(cause, 'STORE_UNAVAILABLE')) {
          await isolate(works, reached, cause)
          return
        }
        const delayMs = Math.min(backoffMs(attempt), limits.storeAwayMaxMs) - limits.retryFirstMs + 1
        telemetry.retried({ service: service.name, cause, delayMs })
        await sleep(clock, delayMs)
        works = giveUpLate(works, cause)
        if (stopping && works.every(({ kind }) => kind === 'event')) return
      }
    }
  }

  /** An error that the store does not explain: one work of the batch may be to blame, so each half goes alone. */
  async function isolate(works: readonly Work[], reached: readonly Offset[], cause: unknown): Promise<void> {
    const [only] = works
    if (works.length > 1) {
      const half = works.slice(0, works.length >> 1)
      const messages = half.flatMap((work) =>
        work.kind === 'event' && work.origin.kind === 'message' ? [work.origin.message] : [],
      )
      await process(half, reachedBy(messages))
      await process(works.slice(half.length), reached)
    } else if (only?.kind === 'command') {
      only.reject(cause)
      await process([], reached)
    } else if (only !== undefined && only.unreadable === undefined) {
      await process([{ ...only, unreadable: cause }], reached)
    } else throw cause
  }

  function giveUpLate(works: readonly Work[], cause: unknown): readonly Work[] {
    const late = (work: Work): boolean =>
      work.kind === 'command' && clock.now() - work.since > limits.commandPatienceMs
    for (const work of works.filter(late)) (work as CommandWork).reject(cause)
    return works.filter((work) => !late(work))
  }

  async function loop(): Promise<void> {
    while (!stopping || queue.busy()) {
      if (queue.pending() === 0 && (incoming === undefined || incoming.pending() === 0) && !times.isDue()) {
        await bell.wait()
      }
      const sent = queue.take(limits.batchMax)
      const messages = stopping ? [] : (incoming?.take(limits.batchMax - sent.length) ?? [])
      const due = stopping ? [] : await times.take(limits.batchMax, effecting.takeEndedKeys())
      const origins = [...due, ...messages.map((message) => ({ kind: 'message' as const, message }))]
      const works: Work[] = [...sent, ...origins.map((origin) => toWork(origin, { system, service, codec }))]
      if (works.length > 0) await process(works, incoming?.reached(messages) ?? [])
    }
  }

  return {
    service,
    read,
    start: async () => {
      for (const offset of await store.offsets()) positions.set(partitionOf(offset), offset.next)
      const topics = [...receivedBy(service)].flatMap(({ topic }) => topic ?? [])
      if (topics.length > 0) {
        const subscription = await log.subscribe({
          group: service.name,
          topics: [...new Map(topics.map((topic) => [topic.name, topic])).values()],
          from: async (source, partition) => {
            const saved = (await store.offsets()).find(
              (o) => o.source === source && o.partition === partition,
            )
            positions.set(partitionOf({ source, partition }), saved?.next ?? 0)
            return saved?.next ?? 0
          },
          sharing,
        })
        const retried = (cause: unknown, delayMs: number): void =>
          telemetry.retried({ service: service.name, cause, delayMs })
        incoming = arrivals({ clock, subscription, positions, codec, ring, retried })
      }
      looping = loop()
      running = Promise.all([looping, incoming?.run(), times.run()]).then(() => undefined)
      running.catch(options.crashed ?? (() => {}))
    },
    stop: async () => {
      stopping = true
      queue.close()
      times.stop()
      ring()
      // What is in hand is committed before others have its partitions.
      await looping.catch(() => {})
      await incoming?.close()
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

/** Works whose effect has yet to run: of each key only the first, since the next must see what became of it. */
function withEffects(works: readonly Work[]): EventWork[] {
  const keys = new Set<string>()
  return works.filter((work): work is EventWork => {
    if (work.kind === 'command') return false
    const first = !keys.has(work.head.key)
    keys.add(work.head.key)
    return first && hasEffect(work)
  })
}
