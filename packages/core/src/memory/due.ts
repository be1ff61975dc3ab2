import type { Due, Store } from '../ports/store.ts'
import type { Data, MemoryQueue } from './data.ts'
import { page } from './page.ts'

/** Of one queue at most this part of what was asked for: the others wait, too. */
const runPart = 5

export function due(data: Data, { limit, queues, only }: Parameters<Store['due']>[0]): Due {
  const now = data.clock.now()
  const wanted = new Set(queues)
  const isReady = ([name, { dueAt }]: [string, MemoryQueue]): boolean =>
    wanted.has(name) || (!only && dueAt <= now)
  const all = [...data.parked].sort(
    // Those that are named come in any case, so they come first.
    ([one, a], [other, b]) => Number(wanted.has(other)) - Number(wanted.has(one)) || a.dueAt - b.dueAt,
  )
  const run = Math.ceil(limit / runPart)
  const runs = all
    .filter(isReady)
    .flatMap(([, { entries, dueAt }]) =>
      [...entries.values()]
        .slice(0, run)
        .map((entry) => ({ ...entry, nextAt: dueAt === Number.POSITIVE_INFINITY ? undefined : dueAt })),
    )
  const parked = page(runs, limit)
  if (only) return { now, deadlines: [], parked, nextInMs: undefined }

  const deadlines = [...data.deadlines.values()]
  const recorded = deadlines.filter(({ deadline }) => deadline.recorded)
  const later = deadlines.filter(({ deadline }) => !deadline.recorded).sort((a, b) => a.dueAt - b.dueAt)
  const ready = page(
    later.filter(({ dueAt }) => dueAt <= now).map(({ deadline }) => deadline),
    limit,
  )
  const own = page(
    recorded.map(({ deadline }) => deadline),
    limit,
  )
  const times = [
    ...(own.length < recorded.length || parked.length < runs.length ? [now] : []),
    ...later.slice(ready.length, ready.length + 1).map(({ dueAt }) => dueAt),
    ...all.filter((one) => !isReady(one)).map(([, { dueAt }]) => dueAt),
  ].filter((at) => at < Number.POSITIVE_INFINITY)
  return {
    now,
    deadlines: [...own, ...ready],
    parked,
    nextInMs: times.length === 0 ? undefined : Math.max(0, Math.min(...times) - now),
  }
}
