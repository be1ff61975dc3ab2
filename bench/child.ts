import { type ChildProcess, fork } from 'node:child_process'
import { fileURLToPath } from 'node:url'

/** A process that answers one question at a time. */
export interface Child {
  readonly pid: number
  /** What it says by itself when it is ready. */
  next(): Promise<any>
  ask(question: object): Promise<any>
  /** Tells it to stop, and waits until it has. */
  stop(): Promise<void>
}

export function startChild(script: string, env: Record<string, string> = {}): Child {
  const child: ChildProcess = fork(fileURLToPath(new URL(script, import.meta.url)), {
    env: { ...process.env, ...env },
  })
  const next = (): Promise<any> =>
    new Promise((resolve, reject) => {
      const ended = (code: number | null): void => reject(new Error(`${script} ended with code ${code}`))
      child.once('exit', ended)
      child.once('message', (message: { result?: unknown; error?: string }) => {
        child.off('exit', ended)
        if (message.error === undefined) resolve(message.result)
        else reject(new Error(message.error))
      })
    })
  return {
    pid: child.pid!,
    next,
    ask: (question) => {
      const answer = next()
      child.send(question)
      return answer
    },
    stop: () =>
      new Promise((resolve) => {
        child.once('exit', () => resolve())
        child.send({ kind: 'stop' })
      }),
  }
}
