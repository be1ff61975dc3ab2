import { invariant } from '../../errors.ts'
import type { Loaded, Need, Offset, Store } from '../../ports/store.ts'
import { type DecideContext, type Decided, decideBatch } from '../decide/decide-batch.ts'
import { claimOf, needOf } from '../decide/need.ts'
import type { Effects } from '../effects/effects.ts'
import type { Batch } from '../intake/intake.ts'
import { type EventWork, hasEffect, type Work } from '../intake/work.ts'
import { firstOf } from './batches.ts'

/** What a transaction has come to. */
export interface Done extends Decided {
  readonly firstPosition: number
  readonly offsets: readonly Offset[]
  readonly durationMs: number
}

/**
 * Runs the effects of a batch, then decides and commits it, or as much of it as one transaction takes.
 * @param broken works that are known to fail, with their errors; those that are found out are added, for another attempt
 * @throws what the store throws: then nothing was written
 */
export type Transact = (batch: Batch, broken: Map<Work, unknown>) => Promise<Done>

/**
 * @param options.claims whether the log can repeat events
 * @param options.meanwhile what is done while effects are waited for
 */
export function transaction(options: {
  context: DecideContext
  store: Store
  effects: Effects
  claims: boolean
  meanwhile: () => Promise<void>
}): Transact {
  const { context, store, effects, claims, meanwhile } = options
  const { clock, service } = context
  /** Within a service, the time of events never runs backwards. */
  let lastAt = 0

  const isActing = service.handlers.some(({ effect }) => effect !== undefined)

  async function act(works: readonly Work[]): Promise<void> {
    if (!isActing) return
    const acting = firstWithEffect(works)
    if (acting.length === 0) return
    const loaded = await store.load({ ...needOf(acting, service, claims), rows: [] })
    // Behind a parked event of its queue the effect must wait, and a repeated one has had its effect.
    const free = acting.filter(
      ({ origin, name, queue }) =>
        origin.kind === 'parked' || !(loaded.queues.has(queue) || loaded.duplicates.has(name)),
    )
    await effects.settle(free, loaded, meanwhile)
  }

  return async (batch, broken) => {
    const startedAt = clock.monotonic()
    await act(batch.works)
    const need = needOf(batch.works, service, claims)
    lastAt = Math.max(clock.now(), lastAt)
    let decided: Decided | undefined
    let offsets: readonly (Offset & { readonly expected: number })[] = []
    const { firstPosition } = await store.transact(need, async (loaded, more) => {
      const pass = { works: batch.works, now: lastAt, first: { need, loaded }, more, broken }
      decided = await decideBatch(context, pass)
      offsets = batch.fence?.expecting(firstOf(batch, decided.count).reached) ?? []
      const done = batch.works.slice(0, decided.count)
      const unclaim = done.length < batch.works.length ? leftOf(need, loaded, done) : []
      return { ...decided.write, offsets, unclaim }
    })
    invariant(decided !== undefined, 'A store committed without deciding.')
    return { ...decided, firstPosition, offsets, durationMs: clock.monotonic() - startedAt }
  }
}

/** What was claimed for the whole batch, of works that it does not come to: they will be claimed again. */
function leftOf({ claim }: Need, { duplicates }: Loaded, done: readonly Work[]): readonly string[] {
  const used = new Set(done.flatMap(claimOf))
  // The log may have brought one twice.
  return [...new Set(claim)].filter((name) => !used.has(name) && !duplicates.has(name))
}

/** Works whose effect has yet to run: of each queue only the first, since the next must see what became of it. */
function firstWithEffect(works: readonly Work[]): EventWork[] {
  const queues = new Set<string>()
  return works.filter((work): work is EventWork => {
    if (work.kind === 'command') return false
    const isFirst = !queues.has(work.queue)
    queues.add(work.queue)
    return isFirst && hasEffect(work)
  })
}
