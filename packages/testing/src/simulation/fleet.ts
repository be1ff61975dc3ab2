import {
  messageOf,
  type QueryDef,
  type Read,
  type ServiceDef,
  sleep,
  type Submitted,
  systemCaller,
  WaybillError,
} from '@waybill/core'
import { testCaller } from '../given/test-meta.ts'
import { type SimulatedProcess, startProcess } from './simulated-process.ts'
import type { Sent } from './simulation.ts'
import type { World } from './world.ts'

/** All processes of a run, those that come and those that go. */
export interface Fleet {
  start(): Promise<void>
  /** Every store is reached, and every process moves again. */
  heal(): void
  /** Sends a command to some process until it is answered, always with the same idempotency key. */
  submit(sent: Sent, slot: string): Promise<Submitted<unknown>>
  read(service: string): Read
  /** Nothing of it goes on. */
  end(): void
}

/** At most so many processes of one service. */
const seatsMax = 3
/** So long a client waits for an answer, and then asks again. */
const patienceMs = 15_000

/** The place of one process: another one takes it when it is gone. */
interface Seat {
  readonly service: ServiceDef
  readonly number: number
  process: SimulatedProcess | undefined
  count: number
}

/** Whether there is work for several. */
function isBusy({ commands, handlers }: ServiceDef): boolean {
  return commands.length + handlers.length > 0
}

export function createFleet(world: World): Fleet {
  const { clock, random, system, strikes, tell } = world
  const repeats = random.strikes(0.5)
  const seats: Seat[] = system.services.flatMap((service) =>
    Array.from({ length: isBusy(service) ? random.between(1, seatsMax) : 1 }, (_, number) => ({
      service,
      number,
      process: undefined,
      count: 0,
    })),
  )

  const isUp = ({ process }: Seat): boolean => process !== undefined && !process.life.isDead()

  async function fill(seat: Seat): Promise<void> {
    seat.count += 1
    const name = `${seat.service.name} ${seat.number}.${seat.count}`
    tell(`${name} starts`)
    try {
      seat.process = await startProcess(world, seat.service, {
        name,
        repeats,
        ask,
        crashed: (error) => world.faults.push(`${name} has given up: ${messageOf(error)}`),
      })
    } catch (cause) {
      tell(`${name} cannot start: ${messageOf(cause)}`)
    }
  }

  async function ask(query: QueryDef, input: unknown): Promise<any> {
    const owner = system.services.find(({ queries }) => queries.includes(query))
    const up = seats.filter((seat) => seat.service === owner && isUp(seat))
    if (up.length === 0) throw new WaybillError('SERVICE_UNAVAILABLE', `Nobody runs ${owner?.name}.`)
    return random.pick(up).process!.engine.ask(query, input, systemCaller)
  }

  /** What happens to processes, whatever they do. */
  async function fate(seat: Seat): Promise<void> {
    for (;;) {
      await sleep(clock, random.between(200, 3_000))
      if (!isUp(seat)) {
        await fill(seat)
        continue
      }
      const { life, engine, name } = seat.process!
      if (strikes('crash')) {
        tell(`${name} is killed`)
        life.kill()
      } else if (strikes('freeze')) {
        const ms = random.between(100, 60_000)
        tell(`${name} stands still for ${ms} ms`)
        life.freeze(ms)
      } else if (strikes('leave')) {
        tell(`${name} leaves`)
        await Promise.race([engine.stop().catch(() => {}), sleep(clock, 30_000), life.died.catch(() => {})])
        life.kill()
        await sleep(clock, random.between(0, 10_000))
      } else if (strikes('jump')) {
        const ms = random.between(-3_600_000, 3_600_000)
        tell(`the clock of ${name} jumps by ${ms} ms`)
        life.jump(ms)
      }
    }
  }

  /** What happens to stores. */
  async function outages(service: string): Promise<void> {
    for (;;) {
      await sleep(clock, random.between(500, 5_000))
      if (!strikes('away')) continue
      const ms = random.between(100, 20_000)
      tell(`the store of ${service} is away for ${ms} ms`)
      world.awayUntil.set(service, clock.now() + ms)
    }
  }

  async function attempt(sent: Sent, slot: string): Promise<Submitted<unknown> | undefined> {
    const { command, input, caller = testCaller } = sent
    const up = seats.filter((seat) => seat.service.commands.includes(command) && isUp(seat))
    if (up.length === 0) return undefined
    const { engine } = random.pick(up).process!
    const how = { caller, idempotency: { slot, fingerprint: slot } }
    try {
      return await Promise.race([
        engine.submit(command, input, how),
        sleep(clock, patienceMs).then(() => undefined),
      ])
    } catch (cause) {
      tell(`a client is answered ${messageOf(cause)} (${slot})`)
      return undefined
    }
  }

  return {
    start: async () => {
      for (const seat of seats) await fill(seat)
      for (const seat of seats) void fate(seat)
      for (const { name } of system.services) void outages(name)
    },
    heal: () => {
      world.awayUntil.clear()
      for (const { process } of seats) process?.life.wake()
    },
    submit: async (sent, slot) => {
      for (;;) {
        const answer = await attempt(sent, slot)
        if (answer !== undefined) return answer
        await sleep(clock, random.between(100, 5_000))
      }
    },
    read: (service) => {
      const seat = seats.find((one) => one.service.name === service && isUp(one))
      if (seat === undefined) throw new Error(`No process runs ${service}.`)
      return seat.process!.engine.read
    },
    end: () => {
      for (const { process } of seats) process?.life.kill()
    },
  }
}
