import { type ChildProcess, spawn } from 'node:child_process'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { freePort, killWithUs } from '@waybill/servers'
import { call } from './call.ts'

/** The `waybill` command in a process of its own, which can be killed and started again with the same addresses. */
export interface WaybillProcess {
  readonly name: string
  /** Of the process that runs; `undefined`: none does. */
  readonly pid: number | undefined
  readonly adminAddress: string
  start(): void
  /**
   * Resolves when all that it runs is ready.
   * @throws with the last that it wrote, when it has ended or is not ready after two minutes
   */
  ready(): Promise<void>
  /** As `kill -9` does: it has no chance to finish anything. Resolves when it is gone. */
  kill(): Promise<void>
  /** Nothing of it runs until `resume`, as on a machine that is frozen. */
  pause(): void
  resume(): void
  /**
   * As Ctrl-C does; one that is paused goes on for it. After 30 seconds it is killed.
   * @returns the exit code; `null`: killed, or never started
   */
  stop(): Promise<number | null>
  /** Why it has ended although nobody asked it to; `undefined`: it has not. */
  failure(): string | undefined
  /** The last that it wrote. */
  lastWords(): string
}

const root = fileURLToPath(new URL('../../../..', import.meta.url))
const main = fileURLToPath(new URL('../../src/main.ts', import.meta.url))
const linesKept = 40
const readyMs = 120_000
const stopMs = 30_000
const lookEveryMs = 25

/**
 * Prepares `waybill start …` in this repository. The process ends with this one at the latest, also when this one is
 * killed.
 * @param options.name for what it says about itself
 * @param options.args after `start`, e.g. `['shop', '--service', 'order']`
 * @param options.env besides this process's own. The admin port is chosen here
 */
export async function waybillProcess(options: {
  name: string
  args: readonly string[]
  env: Readonly<Record<string, string>>
}): Promise<WaybillProcess> {
  const { name, args, env } = options
  const port = await freePort()
  const adminAddress = `http://127.0.0.1:${port}`
  let child: ChildProcess | undefined
  let ended = Promise.resolve<number | null>(null)
  let asked = false
  let failure: string | undefined
  const output: string[] = []
  const lastWords = (): string => output.join('')

  return {
    name,
    get pid() {
      return child?.pid
    },
    adminAddress,
    start() {
      asked = false
      failure = undefined
      output.length = 0
      const started = spawn(process.execPath, ['--conditions=@waybill/source', main, 'start', ...args], {
        cwd: root,
        env: { ...process.env, ...env, WAYBILL_PORT_CONSOLE: String(port) },
        stdio: ['ignore', 'pipe', 'pipe'],
      })
      const watch = killWithUs(started)
      for (const stream of [started.stdout, started.stderr]) {
        stream.on('data', (chunk: Buffer) => {
          output.push(chunk.toString())
          output.splice(0, output.length - linesKept)
        })
      }
      child = started
      ended = new Promise((resolve) => {
        started.once('close', (code, signal) => {
          if (!asked) failure = `${name} ended by itself with ${signal ?? `code ${code}`}`
          child = undefined
          watch.kill('SIGKILL')
          resolve(code)
        })
      })
    },
    async ready() {
      const deadline = performance.now() + readyMs
      for (;;) {
        const signal = AbortSignal.timeout(readyMs)
        const answer = await call(adminAddress, 'GET /readyz', { signal }).catch(() => undefined)
        if (answer?.status === 200 && child !== undefined) return
        const late = performance.now() > deadline
        if (child === undefined || late) {
          const why =
            failure ?? (late ? `${name} is not ready after ${readyMs / 1_000} s` : `${name} has ended`)
          throw new Error(`${why}. The last that it wrote:\n${lastWords()}`)
        }
        await sleep(lookEveryMs)
      }
    },
    async kill() {
      asked = true
      child?.kill('SIGKILL')
      await ended
    },
    pause: () => void child?.kill('SIGSTOP'),
    resume: () => void child?.kill('SIGCONT'),
    async stop() {
      asked = true
      const stopping = child
      stopping?.kill('SIGTERM')
      stopping?.kill('SIGCONT')
      const impatience = setTimeout(() => stopping?.kill('SIGKILL'), stopMs)
      const code = await ended
      clearTimeout(impatience)
      return code
    },
    failure: () => failure,
    lastWords,
  }
}
