/** One thing that every backend of a port must do. Data, so that any runner can run it against any backend. */
export interface Case<Context, Need extends string = string> {
  /** A sentence that is true of a right backend. */
  readonly name: string
  readonly group: string
  /** What the backend's context must be able to do for this case. */
  readonly needs?: readonly Need[]
  run(context: Context): Promise<void>
}

/** A context that is opened for one case and closed after it. */
export interface Closing {
  close(): Promise<void>
}

/** As much of `node:test` as is needed; another runner's can be adapted in a line. */
export type TestFunction = (
  name: string,
  options: { readonly skip: string | false; readonly timeout: number },
  run: () => Promise<void>,
) => unknown

/**
 * Registers cases as tests of one backend. A case that needs what the backend can't do shows as skipped, with what it needs.
 * @param options.open a fresh context, with nothing in it that another case has left
 * @param options.has what the backend's context can do
 * @param options.timeoutMs of one case; default: two minutes
 */
export function register<Context, Need extends string>(
  cases: readonly Case<Context, Need>[],
  options: {
    test: TestFunction
    open: () => Promise<Context & Closing>
    has?: readonly Need[]
    timeoutMs?: number
  },
): void {
  const { test, open, has = [], timeoutMs = 120_000 } = options
  for (const { group, name, needs = [], run } of cases) {
    const missing = needs.filter((need) => !has.includes(need))
    const skip = missing.length > 0 && `needs ${missing.join(', ')}`
    test(`${group}: ${name}`, { skip, timeout: timeoutMs }, async () => {
      const context = await open()
      try {
        await run(context)
      } finally {
        await context.close()
      }
    })
  }
}
