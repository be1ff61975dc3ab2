import type { Caller, CommandDef, Read, Refusal, SystemDef } from '@waybill/core'
import type { Random } from './random.ts'
import type { VirtualClock } from './virtual-clock.ts'

/** A command that somebody sends, and goes on sending until it is answered. */
export interface Sent {
  readonly command: CommandDef
  readonly input: unknown
  readonly caller?: Caller
}

/** A command that was accepted. */
export interface Accepted extends Sent {
  readonly id: string
  readonly reply: any
}

/** How a run has ended. */
export interface End {
  readonly system: SystemDef
  read(service: string): Read
  readonly accepted: readonly Accepted[]
  readonly refused: readonly (Sent & { readonly refusal: Refusal })[]
}

/** What to simulate. */
export interface Simulation {
  /** Made anew for each run, so that an outside world of its own begins empty. */
  system(world: { readonly clock: VirtualClock; readonly random: Random }): SystemDef
  /** Sent before all others, one after the other, with nothing going wrong: products to order, say. */
  readonly before?: readonly Sent[]
  /** The next command. @param accepted those so far */
  command(random: Random, accepted: readonly Accepted[]): Sent
  /** What must hold in the end, each giving what breaks it. */
  readonly invariants: Readonly<Record<string, (end: End) => readonly string[] | Promise<readonly string[]>>>
}
