import assert from 'node:assert/strict'
import {
  type CommandDef,
  type Committed,
  createEngine,
  type Duration,
  type Engine,
  memoryData,
  memoryStore,
  type QueryDef,
  type Read,
  type Refusal,
  type ServiceDef,
  type Store,
  storeLog,
  type Submission,
  type Submitted,
  type SystemDef,
  systemCaller,
  toMs,
} from '@waybill/core'
import { assertFits } from '../given/decision.ts'
import { testCaller } from '../given/test-meta.ts'
import { checkingCodec } from './checking-codec.ts'
import { seededIds } from './seeded-ids.ts'
import { idle, type VirtualClock, virtualClock } from './virtual-clock.ts'

/** Nothing moves when nothing was committed for so long; longer than any pause that an engine makes by itself. */
const quietMs = 300
/** So long is waited for effects that are under way and for events that are tried again. */
const patienceMs = 60_000

/** A whole system in memory, on virtual time. The same story with the same seed runs the same way. */
export interface Story {
  readonly clock: VirtualClock
  /** Sends a command to whichever service has it, as a user and administrator unless it says otherwise. */
  submit<I, O>(command: CommandDef<I, O>, input: I, how?: Partial<Submission>): Promise<Submitted<O>>
  /**
   * Lets everything happen that happens by itself, at most a virtual minute. Deadlines that lie further ahead wait
   * for `advance`.
   */
  settle(): Promise<void>
  /** Lets time pass, and everything happen that happens meanwhile. */
  advance(duration: Duration): Promise<void>
  /** What a service's queries can read. */
  read(service: ServiceDef | string): Read
  ask<I, O>(query: QueryDef<I, O>, input: I, caller?: Submission['caller']): Promise<O | Refusal>
  /** The types of all events so far, in the order of their commits, internal ones included. */
  events(): readonly string[]
  /** The same with everything that is known of them. */
  committed(): readonly (Committed & { readonly service: string })[]
  /** What is set aside, by service. */
  parked(): Promise<readonly { readonly service: string; readonly type: string; readonly message: string }[]>
  /** Ends the story; fails if an engine has crashed. */
  end(): Promise<void>
}

/**
 * Starts a system for a test of a flow across its services.
 *
 *     const shop = await story(createShop(outside))
 *     await shop.submit(placeOrder, { … })
 *     await shop.settle()
 *     await shop.advance({ minutes: 5 })
 *     assert.deepEqual(shop.events(), ['OrderCreatedEvent', …])
 *     await shop.end()
 */
export async function story(
  system: SystemDef,
  options: { readonly seed?: number; readonly start?: Date } = {},
): Promise<Story> {
  const clock = virtualClock(options.start?.getTime())
  const ids = seededIds(clock, options.seed ?? 1)
  const stores = new Map<string, Store>(
    system.services.map(({ name }) => [name, memoryStore(name, memoryData(clock))]),
  )
  const log = storeLog({ stores, clock })
  const history: (Committed & { service: string })[] = []
  const crashes: unknown[] = []
  const ask: Story['ask'] = (query, input, caller = systemCaller) =>
    engineOf(ownerOf(system, 'queries', query)).ask(query, input, caller)
  const engines = new Map<string, Engine>(
    system.services.map((service) => [
      service.name,
      createEngine({
        system,
        service,
        store: stores.get(service.name)!,
        log,
        codec: checkingCodec,
        clock,
        ids,
        ask: (query, input) => ask(query, input),
        crashed: (error) => crashes.push(error),
      }),
    ]),
  )
  for (const [service, engine] of engines) {
    engine.tail((events) => history.push(...events.map((event) => ({ ...event, service }))))
    await stores.get(engine.service.name)!.open(engine.service)
    await engine.start()
  }

  function engineOf(service: ServiceDef | string): Engine {
    const name = typeof service === 'string' ? service : service.name
    const engine = engines.get(name)
    assert.ok(engine, `${system.name} has no service ${name}`)
    return engine
  }

  function assertNoCrash(): void {
    if (crashes.length > 0) throw crashes[0]
  }

  /** Moves time on to the next timer. */
  async function step(): Promise<void> {
    await clock.advance(Math.max(0, (clock.nextTimer() ?? clock.now()) - clock.now()))
    assertNoCrash()
  }

  /** A promise of an engine, and as much time as it takes. */
  async function driven<T>(promise: Promise<T>): Promise<T> {
    let open = true
    const closed = promise.finally(() => (open = false))
    closed.catch(() => {})
    for (const until = clock.now() + patienceMs; ; await step()) {
      await idle()
      if (!open || clock.now() > until) break
    }
    assert.ok(!open, 'no answer within a virtual minute')
    return closed
  }

  async function isWaiting(until: number): Promise<boolean> {
    for (const store of stores.values()) {
      const parked = await store.parked(1_000)
      if (parked.some(({ nextAt }) => nextAt !== undefined && nextAt <= until)) return true
    }
    return false
  }

  async function settle(): Promise<void> {
    const until = clock.now() + patienceMs
    let quietSince = clock.now()
    for (let seen = -1; clock.now() < until; await step()) {
      await idle()
      if (history.length !== seen || (await isWaiting(until))) quietSince = clock.now()
      seen = history.length
      if (clock.now() - quietSince >= quietMs) break
    }
    assertNoCrash()
  }

  return {
    clock,
    submit: (command, input, how = {}) => {
      assertFits(command.input, input, `the input of ${command.name}`)
      const engine = engineOf(ownerOf(system, 'commands', command))
      return driven(engine.submit(command, input, { caller: testCaller, ...how }))
    },
    settle,
    advance: async (duration) => {
      await clock.advance(toMs(duration))
      await settle()
    },
    read: (service) => engineOf(service).read,
    ask,
    events: () => history.map(({ type }) => type),
    committed: () => [...history],
    parked: async () => {
      const all = await Promise.all(
        [...stores].map(async ([service, store]) =>
          (await store.parked(1_000)).map(({ event, error }) => ({
            service,
            type: event.type,
            message: error?.message ?? '',
          })),
        ),
      )
      return all.flat()
    },
    end: async () => {
      await driven(Promise.all([...engines.values()].map((engine) => engine.stop())))
      assertNoCrash()
    },
  }
}

function ownerOf<K extends 'commands' | 'queries'>(
  system: SystemDef,
  kind: K,
  part: ServiceDef[K][number],
): ServiceDef {
  const owner = system.services.find((service) => (service[kind] as readonly unknown[]).includes(part))
  assert.ok(owner, `no service of ${system.name} lists ${part.name} among its ${kind}`)
  return owner
}
