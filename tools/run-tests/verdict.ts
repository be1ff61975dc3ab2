import type { Counts, Recorded } from './record.ts'

/** How the process of a test file ended. */
export interface Ending {
  /** `null`: by a signal. */
  readonly code: number | null
  /** So long it was let run, in seconds; `undefined`: it ended by itself. */
  readonly killedAfterS?: number | undefined
  /** Whether a process of it was there after it. */
  readonly leftSomething: boolean
}

/** What became of a test file. */
export interface Verdict {
  readonly counts: Counts
  /** What is wrong with it; empty: nothing. */
  readonly faults: readonly string[]
}

const reasonLines = 12
const reasonWidth = 200

const nothing: Counts = { tests: 0, suites: 0, passed: 0, failed: 0, cancelled: 0, skipped: 0, todo: 0 }

/** Judges a test file by how it ended and what it has recorded. What is no fault of a test counts as one test that failed. */
export function judge(recorded: readonly Recorded[], ending: Ending): Verdict {
  const counts = recorded.findLast((each) => 'counts' in each)?.counts ?? nothing
  const failed = recorded.flatMap((each) =>
    'failed' in each ? [`✖ ${each.failed}\n${shortened(each.because)}`] : [],
  )
  const own = faultsOf(recorded, ending, failed.length > 0)
  return {
    counts: { ...counts, tests: counts.tests + own.length, failed: counts.failed + own.length },
    faults: [...failed, ...own],
  }
}

function faultsOf(recorded: readonly Recorded[], ending: Ending, hasFailed: boolean): string[] {
  const { code, killedAfterS, leftSomething } = ending
  if (killedAfterS !== undefined) {
    const open = unfinished(recorded)
    const at =
      open.length === 0
        ? 'all its tests had ended'
        : `it was at ${open.map((name) => `“${name}”`).join(', ')}`
    return [`did not end within ${killedAfterS} s: ${at}`]
  }
  return [
    ...(code === 0 || hasFailed ? [] : [`ended with ${code === null ? 'a signal' : `code ${code}`}`]),
    ...(leftSomething ? ['left a process running'] : []),
  ]
}

/** The first lines of a reason, which stand below the name of a test. A comparison of two long values has hundreds. */
function shortened(reason: string): string {
  return reason
    .split('\n')
    .slice(0, reasonLines)
    .map((line) => `        ${line.slice(0, reasonWidth)}`)
    .join('\n')
}

/** The tests and suites that have begun and not ended, the innermost last. */
function unfinished(recorded: readonly Recorded[]): string[] {
  const open = new Map<string, string>()
  for (const each of recorded) {
    if ('begun' in each) open.set(each.id, each.begun)
    if ('ended' in each) open.delete(each.id)
  }
  return [...open.values()]
}
