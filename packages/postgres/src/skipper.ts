/** From where on to look: everything before is over. */
export interface Skip {
  /** Of recorded deadlines. */
  readonly nr: number
  /** Of the other deadlines. */
  readonly dueAt: number
  readonly queueDueAt: number
}

const nothing: Skip = { nr: 0, dueAt: 0, queueDueAt: 0 }

/** A commit that was under way for longer when somebody looked is found late, but it is found: see `lookBackEveryMs`. */
const commitMs = 3_000

/** So often everything is looked at. */
const lookBackEveryMs = 30_000

/**
 * What is delivered or settled leaves dead entries at the beginning of the indexes by which due things are looked for; while
 * somebody holds a snapshot nothing clears them away, and each look would go through all of them. So a look begins where
 * the last one has found the first that lives. What is committed later lies behind that: numbers rise in the order of
 * commits, and nothing becomes due before the time of its commit.
 */
export function createSkipper(elapsed: () => number = () => performance.now()): {
  begin(): Skip
  /** @param found the first ones that live; `undefined` or null: none */
  end(
    skip: Skip,
    found: { readonly now: number } & { readonly [Mark in keyof Skip]: number | null | undefined },
  ): void
} {
  let skip = nothing
  let lookedBackAt = elapsed()
  let last = 0

  return {
    begin: () => {
      if (elapsed() - lookedBackAt > lookBackEveryMs) {
        lookedBackAt = elapsed()
        skip = nothing
      }
      return skip
    },
    end: (begun, { now, nr, dueAt, queueDueAt }) => {
      // Another look has begun anew meanwhile.
      if (begun !== skip) return
      const settled = now - commitMs
      skip = {
        nr: nr ?? begun.nr,
        dueAt: Math.min(dueAt ?? settled, settled),
        queueDueAt: Math.min(queueDueAt ?? settled, settled),
      }
      if (now < last) skip = nothing
      last = now
    },
  }
}
