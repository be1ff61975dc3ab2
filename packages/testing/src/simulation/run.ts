import { memoryStore, type Refusal, sleep } from '@waybill/core'
import { auditFaults } from './checks/audit.ts'
import { stateFaults } from './checks/states.ts'
import type { FaultKind, Faults } from './faults.ts'
import { createFleet } from './fleet.ts'
import type { Accepted, End, Sent, Simulation } from './simulation.ts'
import { drained } from './virtual-clock.ts'
import { createWorld, type World } from './world.ts'

/** What a run has come to. */
export interface Run {
  readonly seed: number
  /** What broke, a sentence each; none when all holds. */
  readonly faults: readonly string[]
  readonly struck: Readonly<Record<FaultKind, number>>
  readonly sent: number
  readonly accepted: number
  readonly virtualMs: number
  /** Equal for equal runs. */
  readonly hash: string
  /** Who did what when. */
  readonly story: readonly string[]
}

/** What has not come to rest so long after everything works again never will. */
const restWithinMs = 2 * 60 * 60_000
/** Nothing more happens when nothing has for so long, and nothing is to come. */
const quietMs = 5_000

/** One run of a system. @param limits to try the same seed with fewer faults or commands */
export async function run(
  simulation: Simulation,
  seed: number,
  limits: { readonly commands: number; readonly faults?: Faults | undefined },
): Promise<Run> {
  const world = createWorld(simulation.system, { seed, faults: limits.faults })
  const { clock, random, faults } = world
  const fleet = createFleet(world)
  const accepted: Accepted[] = []
  const refused: (Sent & { refusal: Refusal })[] = []
  let open = 0

  async function send(sent: Sent, slot: string): Promise<void> {
    open += 1
    world.tell(`a client sends ${sent.command.name} (${slot})`)
    const answer = await fleet.submit(sent, slot)
    if (answer.refused) refused.push({ ...sent, refusal: answer })
    else accepted.push({ ...sent, id: answer.id, reply: answer.reply })
    world.tell(`a client is answered ${answer.refused ? answer.code : 'yes'} (${slot})`)
    open -= 1
  }

  /** Lets time pass until it holds, or too much has passed. */
  async function until(holds: () => boolean | Promise<boolean>, withinMs: number): Promise<boolean> {
    const end = clock.now() + withinMs
    for (;;) {
      await drained()
      if (await holds()) return true
      const next = clock.nextTimer()
      if (next === undefined || next > end) return false
      await clock.advance(Math.max(0, next - clock.now()))
    }
  }

  const rates = world.calmDown()
  await fleet.start()
  for (const [n, sent] of (simulation.before ?? []).entries()) {
    void send(sent, `before ${n}`)
    await until(() => open === 0, restWithinMs)
  }
  world.stir(rates)
  let sentCount = 0
  void (async () => {
    for (; sentCount < limits.commands; sentCount += 1) {
      await sleep(clock, random.between(0, random.strikes(0.1) ? 20_000 : 400))
      void send(simulation.command(random, accepted), `command ${sentCount}`)
    }
  })()
  const isSent = await until(() => sentCount === limits.commands && open === 0, restWithinMs)
  if (!isSent) faults.push(`${open} commands were never answered`)

  world.tell('nothing goes wrong any more')
  world.calmDown()
  fleet.heal()
  let quietSince = clock.now()
  let seen = -1
  const hasEnded = await until(async () => {
    if (world.commits() !== seen) quietSince = clock.now()
    seen = world.commits()
    return clock.now() - quietSince >= quietMs && !(await isSomethingToCome(world))
  }, restWithinMs)
  if (!hasEnded) faults.push('it did not come to rest')

  const end: End = { system: world.original, read: fleet.read, accepted, refused }
  faults.push(...(await parkedFaults(world)), ...(await auditFaults(world)), ...(await stateFaults(world)))
  for (const [name, check] of Object.entries(simulation.invariants)) {
    faults.push(...(await check(end)).map((what) => `${name}: ${what}`))
  }
  fleet.end()
  return {
    seed,
    faults,
    struck: world.struck,
    sent: limits.commands,
    accepted: accepted.length - (simulation.before ?? []).length,
    virtualMs: clock.monotonic(),
    hash: world.hash(),
    story: world.story,
  }
}

async function isSomethingToCome({ data }: World): Promise<boolean> {
  for (const [service, held] of data) {
    const { nextInMs, deadlines, parked } = await memoryStore(service, held).due({
      limit: 1,
      queues: [],
      only: false,
    })
    if (nextInMs !== undefined || deadlines.length + parked.length > 0) return true
  }
  return false
}

async function parkedFaults({ data }: World): Promise<readonly string[]> {
  const all = await Promise.all(
    [...data].map(async ([service, held]) =>
      (await memoryStore(service, held).parked(100)).map(
        ({ event, error }) =>
          `${service} has set ${event.type} of ${event.key} aside: ${error?.message ?? 'it waits'}`,
      ),
    ),
  )
  return all.flat()
}
