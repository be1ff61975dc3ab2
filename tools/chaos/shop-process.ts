import { type ChildProcess, spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'

/** The shop in a process of its own, which can be killed and started again in the same place. */
export interface ShopProcess {
  readonly address: string
  readonly adminAddress: string
  start(): void
  /** As `kill -9` does: it has no chance to finish anything. Resolves when it is gone. */
  kill(): Promise<void>
  /** As Ctrl-C does. Gives the exit code. */
  stop(): Promise<number | null>
  /** Why it has ended although nobody asked it to; `undefined`: it has not. */
  failure(): string | undefined
  /** The last that it wrote. */
  lastWords(): string
}

const root = fileURLToPath(new URL('../..', import.meta.url))
const linesKept = 40

/** `npm start -- shop`, on these ports and this store. */
export function shopProcess(options: {
  folder: string
  store: string
  port: number
  adminPort: number
  timeScale: number
}): ShopProcess {
  const { folder, store, port, adminPort, timeScale } = options
  let child: ChildProcess | undefined
  let ended = Promise.resolve<number | null>(0)
  let asked = false
  let failure: string | undefined
  const output: string[] = []

  const signal = (name: 'SIGKILL' | 'SIGTERM'): Promise<number | null> => {
    asked = true
    child!.kill(name)
    return ended
  }
  return {
    address: `http://127.0.0.1:${port}`,
    adminAddress: `http://127.0.0.1:${adminPort}`,
    start() {
      asked = false
      output.length = 0
      const args = ['--conditions=@waybill/source', 'packages/cli/src/main.ts', 'start', 'shop']
      const started = spawn(process.execPath, args, {
        cwd: root,
        env: {
          ...process.env,
          WAYBILL_DATA: folder,
          WAYBILL_STORE: store,
          WAYBILL_PORT_SHOP: String(port),
          WAYBILL_PORT_CONSOLE: String(adminPort),
          WAYBILL_RATE_LIMIT: '0',
          WAYBILL_TIME_SCALE: String(timeScale),
        },
        stdio: ['ignore', 'pipe', 'pipe'],
      })
      for (const stream of [started.stdout, started.stderr]) {
        stream.on('data', (chunk: Buffer) => {
          output.push(chunk.toString())
          output.splice(0, output.length - linesKept)
        })
      }
      ended = new Promise((resolve) => {
        started.once('close', (code) => {
          if (!asked) failure = `The shop ended by itself with code ${code}`
          resolve(code)
        })
      })
      child = started
    },
    async kill() {
      await signal('SIGKILL')
    },
    stop: () => signal('SIGTERM'),
    failure: () => failure,
    lastWords: () => output.join(''),
  }
}
