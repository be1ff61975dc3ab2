import type { Clock } from '../../ports/clock.ts'

/** Lets callers wait until an entity changes. */
export interface Changes {
  /** Resolves when this process has changed the entity, or the time is over. */
  of(subject: string, ms: number): Promise<void>
  /** The entity has changed. */
  tell(subject: string): void
  /** Nobody waits any longer. */
  end(): void
}

export function changes(clock: Clock): Changes {
  const waiting = new Map<string, Set<() => void>>()

  return {
    of: (subject, ms) =>
      new Promise((resolve) => {
        const watching = waiting.get(subject) ?? new Set()
        const done = (): void => {
          cancel()
          watching.delete(done)
          if (watching.size === 0) waiting.delete(subject)
          resolve()
        }
        const cancel = clock.timer(ms, done)
        waiting.set(subject, watching.add(done))
      }),
    tell: (subject) => {
      if (waiting.size > 0) for (const done of waiting.get(subject) ?? []) done()
    },
    end: () => {
      for (const watching of waiting.values()) for (const done of watching) done()
    },
  }
}
