import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { ServerProcess } from './server-process.ts'

/** A server that can be ended and started again, with the same port and files. */
export interface Restartable {
  /** Of its first process; `undefined` while none runs. */
  readonly pid: number | undefined
  /** Ends it as a crash would, files and all kept. */
  kill(): Promise<void>
  /** Starts it again after `kill`. */
  start(): Promise<void>
  /** Ends it in good order and deletes its files. */
  stop(): Promise<void>
}

/** How a server is started. */
export interface StartOptions {
  /** Default: any free one. */
  readonly port?: number
  /** Calls the start off: what runs already is ended, and its files are deleted. */
  readonly signal?: AbortSignal | undefined
}

/**
 * Starts a server whose files are in a temporary folder, which goes with it.
 * @param options.place where that folder is to be; default: where the system has those of this process
 * @param options.prepare makes its first files
 * @param options.signals how it is told to end; default: SIGKILL and SIGTERM
 */
export async function startRestartable(options: {
  name: string
  place?: string
  prepare?: (folder: string) => Promise<void>
  launch: (folder: string) => Promise<ServerProcess>
  signals?: { readonly kill: NodeJS.Signals; readonly stop: NodeJS.Signals }
}): Promise<Restartable> {
  const { name, place = tmpdir(), prepare, launch, signals = { kill: 'SIGKILL', stop: 'SIGTERM' } } = options
  const folder = await mkdtemp(join(place, `waybill-${name}-`))
  let server: ServerProcess | undefined
  const end = async (signal: NodeJS.Signals): Promise<void> => {
    await server?.end(signal)
    server = undefined
  }
  const stop = async (): Promise<void> => {
    await end(signals.stop)
    // What was called off may still write its last.
    await rm(folder, { recursive: true, force: true, maxRetries: 10 })
  }
  try {
    await prepare?.(folder)
    server = await launch(folder)
  } catch (error) {
    await stop()
    throw error
  }
  return {
    get pid() {
      return server?.pid
    },
    kill: () => end(signals.kill),
    start: async () => {
      server ??= await launch(folder)
    },
    stop,
  }
}
