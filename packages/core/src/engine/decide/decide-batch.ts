import { messageOf, WaybillError } from '../../errors.ts'
import type { Clock } from '../../ports/clock.ts'
import type { Loaded, Need, Parked, Write } from '../../ports/store.ts'
import { parking } from '../aside/parking.ts'
import type { CommandAnswer, CommandWork, Work } from '../intake/work.ts'
import { pace } from '../pace.ts'
import { decideCommand } from './decide-command.ts'
import { decideEvent } from './decide-event.ts'
import { type Deciding, metaOf } from './deciding.ts'
import { type BatchContext, draft } from './draft.ts'

/** What a batch comes to: what to write, and whom to tell once it is committed. */
export interface Decided {
  /** How many works, from the first on, it is about: as many as time and size allow. */
  readonly count: number
  readonly write: Omit<Write, 'offsets'>
  /** The payloads of `write.events`, in the same order. */
  readonly payloads: readonly Readonly<Record<string, unknown>>[]
  readonly answers: readonly { readonly work: CommandWork; readonly answer: CommandAnswer }[]
  /** Commands that failed, each with its error. */
  readonly failures: readonly { readonly work: CommandWork; readonly error: unknown }[]
  /** What was set aside because it failed. */
  readonly failed: readonly { readonly parked: Parked; readonly cause: unknown }[]
}

/** What deciding takes. */
export interface DecideContext extends BatchContext {
  readonly clock: Clock
  readonly definition: string
}

/** What one pass over a batch is given. */
interface Pass {
  readonly works: readonly Work[]
  /** The time that the batch's events carry. */
  readonly now: number
  readonly first: { readonly need: Need; readonly loaded: Loaded }
  more(need: Need): Promise<Loaded>
  /** Works that are known to fail, with their errors. Those that are found out are added. */
  readonly broken: Map<Work, unknown>
}

/**
 * Decides a batch: every work in order, each on the state that the ones before it left. Does no I/O except `more`, so it
 * can run again after a conflict. A work that throws leaves no trace on the others: a command fails, an event is set aside.
 */
export async function decideBatch(context: DecideContext, pass: Pass): Promise<Decided> {
  for (;;) {
    const decided = await decideOnce(context, pass)
    if (decided !== undefined) return decided
  }
}

/** @returns `undefined` when it has found out that works fail on which others have built already: all is to be decided anew */
async function decideOnce(context: DecideContext, pass: Pass): Promise<Decided | undefined> {
  const { works, now, first, more, broken } = pass
  const deciding: Deciding = {
    service: context.service,
    changes: draft(context, now, first),
    aside: parking({
      queues: first.loaded.queues,
      timeScale: context.timeScale,
      definition: context.definition,
    }),
    replies: new Map(first.loaded.replies),
    newReplies: [],
    seen: new Set(first.loaded.duplicates),
    now,
    meta: metaOf(now, context.ids),
  }
  const { changes, aside } = deciding
  const answers: Decided['answers'][number][] = []
  const failures: Decided['failures'][number][] = []
  const firedDeadlines: string[] = []
  const startedAt = context.clock.monotonic()
  let count = 0
  let spentMs = 0

  for (const work of works) {
    changes.mark(work)
    try {
      if (broken.has(work)) throw broken.get(work)
      if (work.kind === 'command') answers.push({ work, answer: decideCommand(deciding, work) })
      else decideEvent(deciding, work)
    } catch (cause) {
      changes.undo()
      if (work.kind === 'command') failures.push({ work, error: asFailure(cause, work.command.name) })
      else aside.failed(work, cause)
    }
    // Handled or set aside: either way its deadline has done its part.
    if (work.kind === 'event' && work.origin.kind === 'deadline') firedDeadlines.push(work.head.id)
    count += 1
    const nowMs = context.clock.monotonic() - startedAt
    if (nowMs - spentMs > pace.oneDecideMs && !broken.has(work)) {
      broken.set(work, tooSlow(nowMs - spentMs))
      return undefined
    }
    spentMs = nowMs
    if (spentMs > pace.decideMs || changes.bytes > pace.writeBytesMax) break
  }
  // Views are folded last, when others have built on the work already.
  const unfolded = await changes.project(more)
  if (unfolded.size > 0) {
    for (const [work, cause] of unfolded) broken.set(work, cause)
    return undefined
  }

  return {
    count,
    write: {
      events: changes.events,
      snapshots: changes.picture.changedSnapshots(),
      rows: changes.picture.changedRows(),
      deadlines: changes.deadlines,
      firedDeadlines,
      ...aside.changes(),
      replies: deciding.newReplies,
    },
    payloads: changes.payloads,
    answers,
    failures,
    failed: aside.failures,
  }
}

function tooSlow(ms: number): WaybillError {
  return new WaybillError(
    'DECIDE_FAILED',
    `It took ${Math.round(ms)} ms to decide; at most ${pace.oneDecideMs} are allowed. Long work belongs into an effect.`,
  )
}

function asFailure(cause: unknown, name: string): unknown {
  return cause instanceof WaybillError
    ? cause
    : new WaybillError('DECIDE_FAILED', `The command ${name} failed: ${messageOf(cause)}`, { cause })
}
