import { fork } from 'node:child_process'
import { fileURLToPath } from 'node:url'

/** What the load is asked for. */
export interface LoadOptions {
  readonly address: string
  readonly perSecond: number
  readonly seed: number
  readonly productIds: readonly number[]
  /** Access tokens of those who buy. */
  readonly tokens: readonly string[]
}

/** How it went with the orders that were due in a span of time. */
export interface Span {
  readonly due: number
  readonly accepted: number
  /** From when it was due until it was accepted; of one that is not, until now. Milliseconds; 0 without orders. */
  readonly p50: number
  readonly p99: number
  /** When the first of them was accepted, by the clock of `now`; `null`: none is yet. */
  readonly firstAcceptedAt: number | null
}

/** What it comes to. */
export interface Bought {
  readonly due: number
  /** The order that was promised for each request. */
  readonly promised: readonly string[]
  /** Answers that should not be: every request is a good one. */
  readonly complaints: readonly string[]
}

export type ToLoad =
  | { readonly kind: 'begin'; readonly options: LoadOptions }
  | { readonly kind: 'span'; readonly from: number; readonly to: number }
  | { readonly kind: 'end' }

/** Customers in a process of their own, so that nothing else slows them. */
export interface LoadProcess {
  /** @param to by the clock of `now`; default: now */
  span(from: number, to?: number): Promise<Span>
  /** Nothing more is ordered. Resolves when every order has been accepted. */
  end(): Promise<Bought>
  kill(): void
}

/** Milliseconds since 1970, without jumps, the same in all processes of a machine. */
export function now(): number {
  return performance.timeOrigin + performance.now()
}

/** Begins to order. */
export function startLoad(options: LoadOptions): LoadProcess {
  const child = fork(fileURLToPath(new URL('./load.ts', import.meta.url)))
  let last: Promise<unknown> = Promise.resolve()

  /** One question at a time: answers come in the order of the questions. */
  function ask(question: ToLoad): Promise<any> {
    const answer = last.then(
      () =>
        new Promise((resolve, reject) => {
          const ended = (): void => reject(new Error('The load has ended by itself.'))
          child.once('exit', ended)
          child.once('message', (message) => {
            child.off('exit', ended)
            resolve(message)
          })
          child.send(question)
        }),
    )
    last = answer.catch(() => {})
    return answer
  }

  child.send({ kind: 'begin', options } satisfies ToLoad)
  return {
    span: (from, to = now()) => ask({ kind: 'span', from, to }),
    end: () => ask({ kind: 'end' }),
    kill: () => void child.kill('SIGKILL'),
  }
}
