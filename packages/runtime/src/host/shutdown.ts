/** What must be undone at the end, in the reverse order of its making. */
export interface Shutdown {
  add(step: () => unknown): void
  /** Every step is done, also when one fails; the first failure is thrown at the end. A second call waits for the first. */
  run(): Promise<void>
}

export function createShutdown(): Shutdown {
  const steps: (() => unknown)[] = []
  let running: Promise<void> | undefined

  const runAll = async (): Promise<void> => {
    const failures: unknown[] = []
    for (const step of steps.toReversed()) {
      try {
        await step()
      } catch (error) {
        failures.push(error)
      }
    }
    if (failures.length > 0) throw failures[0]
  }

  return {
    add: (step) => void steps.push(step),
    run: () => (running ??= runAll()),
  }
}
