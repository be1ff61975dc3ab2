import { createHash } from 'node:crypto'
import { type MemoryData, memoryData, type SystemDef, type Write } from '@waybill/core'
import { audited } from './audited.ts'
import { drawFaults, type FaultKind, faultKinds, type Faults, noFaults } from './faults.ts'
import { createRandom, type Random } from './random.ts'
import { drained, type VirtualClock, virtualClock } from './virtual-clock.ts'

/** One run: everything in it follows from its seed. */
export interface World {
  /** As it was made. */
  readonly original: SystemDef
  /** As it runs: see `audited`. */
  readonly system: SystemDef
  readonly clock: VirtualClock
  readonly random: Random
  readonly data: ReadonlyMap<string, MemoryData>
  /** Until when the store of a service is not reached. */
  readonly awayUntil: Map<string, number>
  /** Whether a fault strikes now; counted. */
  strikes(kind: FaultKind): boolean
  /** How often each has struck. */
  readonly struck: Readonly<Record<FaultKind, number>>
  /** From here on nothing goes wrong any more. @returns how often it did */
  calmDown(): Faults
  /** From here on things go wrong so often. */
  stir(faults: Faults): void
  /** How many batches have been committed. */
  commits(): number
  /** Says what happens, for the story of the run and for its hash. */
  tell(what: string): void
  readonly story: readonly string[]
  hash(): string
  /** What must never be, found while it runs. */
  readonly faults: string[]
  /** Notes what has been committed. */
  committed(service: string, write: Write): void
  /** By service: every entity that has a state. */
  readonly subjects: ReadonlyMap<string, ReadonlySet<string>>
}

/** @param options.faults how often things go wrong; default: as the seed draws it */
export function createWorld(
  make: (outside: Pick<World, 'clock' | 'random'>) => SystemDef,
  { seed, faults }: { readonly seed: number; readonly faults?: Faults | undefined },
): World {
  const clock = virtualClock(undefined, drained)
  const random = createRandom(seed)
  const original = make({ clock, random: createRandom(seed + 1) })
  const system = audited(original)
  let rates = faults ?? drawFaults(random)
  const struck = Object.fromEntries(faultKinds.map((kind) => [kind, 0])) as Record<FaultKind, number>
  const story: string[] = []
  let commits = 0
  const found: string[] = []
  const subjects = new Map<string, Set<string>>(system.services.map(({ name }) => [name, new Set()]))
  /** When a deadline may fire, by its id. */
  const dueAt = new Map<string, number>()

  const tell = (what: string): void => {
    story.push(`${(clock.monotonic() / 1_000).toFixed(3).padStart(10)} ${what}`)
  }

  return {
    original,
    system,
    clock,
    random,
    data: new Map(system.services.map(({ name }) => [name, memoryData(clock)])),
    awayUntil: new Map(),
    strikes: (kind) => {
      if (!random.strikes(rates[kind])) return false
      struck[kind] += 1
      return true
    },
    struck,
    calmDown: () => {
      const before = rates
      rates = noFaults
      return before
    },
    stir: (faults) => {
      rates = faults
    },
    commits: () => commits,
    tell,
    story,
    hash: () => createHash('sha256').update(story.join('\n')).digest('hex'),
    faults: found,
    committed: (service, write) => {
      commits += 1
      for (const { subject } of write.snapshots) subjects.get(service)!.add(subject)
      for (const id of write.firedDeadlines) {
        const due = dueAt.get(`${service}/${id}`)
        if (due !== undefined && clock.now() < due)
          found.push(`${service}: the deadline ${id} came ${due - clock.now()} ms early`)
      }
      for (const { id, afterMs } of write.deadlines) dueAt.set(`${service}/${id}`, clock.now() + afterMs)
      const events = write.events.map(({ type, key }) => `${type} of ${key}`)
      if (events.length > 0) tell(`${service} commits ${events.join(', ')}`)
      for (const { event, error } of write.park)
        tell(`${service} sets ${event.type} of ${event.key} aside: ${error?.code ?? ''}`)
    },
    subjects,
  }
}
