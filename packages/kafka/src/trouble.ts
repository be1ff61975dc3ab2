/** Told when something failed and is tried again: a broker is away, say, or a topic is missing. */
export type Trouble = (cause: unknown, delayMs: number) => void
