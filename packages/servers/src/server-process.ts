import { type ChildProcess, spawn, type SpawnOptions } from 'node:child_process'
import type { Socket } from 'node:net'
import { setTimeout as pause } from 'node:timers/promises'

/** A server in a process of its own. */
export interface ServerProcess {
  readonly pid: number
  /** Sends a signal and resolves when the process has ended; SIGKILL follows after 8 seconds. */
  end(signal: NodeJS.Signals): Promise<void>
}

const readyMs = 120_000
const patienceMs = 8_000
const lookEveryMs = 50
const outputKept = 8_192

/**
 * Starts a server and waits until it is ready. It ends with this process at the latest, also when this one is killed.
 * @param options.ready asked again and again until it is true
 * @param options.atOnce the signal that ends it when it cannot be told to finish; default: SIGKILL
 * @param options.signal calls the start off
 * @throws when it ends before, or is not ready after two minutes; the message has the end of its output
 */
export async function startServer(
  command: string,
  args: readonly string[],
  options: Pick<SpawnOptions, 'cwd' | 'env' | 'uid' | 'gid'> & {
    ready: (pid: number) => Promise<boolean>
    atOnce?: NodeJS.Signals
    signal?: AbortSignal | undefined
  },
): Promise<ServerProcess> {
  const { ready, atOnce = 'SIGKILL', signal, ...how } = options
  const child = spawn(command, args, { ...how, stdio: ['ignore', 'pipe', 'pipe'] })
  const output = tailOf(child)
  const ended = new Promise<void>((resolve) => {
    child.once('exit', () => resolve())
    child.once('error', () => resolve())
  })
  const watch = killWithUs(child, atOnce)
  void ended.then(() => watch.kill('SIGKILL'))

  const end = async (signal: NodeJS.Signals): Promise<void> => {
    const impatience = setTimeout(() => child.kill('SIGKILL'), patienceMs)
    child.kill(signal)
    await ended
    clearTimeout(impatience)
  }

  const until = performance.now() + readyMs
  while (!(await ready(child.pid!))) {
    const gone = await Promise.race([ended.then(() => true), pause(lookEveryMs, false)])
    if (!gone && performance.now() < until && !signal?.aborted) continue
    await end(atOnce)
    signal?.throwIfAborted()
    throw new Error(`${command} ${gone ? 'ended' : 'was not ready in time'}:\n${output()}`)
  }
  return { pid: child.pid!, end }
}

/**
 * Starts a process that ends another when its standard input ends, as it does when this process does, however it ends:
 * a signal to all of them together does not end it.
 * @returns it; kill it (SIGKILL) when the other has ended, whose id may be given to a third one then
 */
export function killWithUs({ pid }: ChildProcess, signal: NodeJS.Signals = 'SIGKILL'): ChildProcess {
  const command = `trap '' HUP INT TERM; read _; kill -${signal.slice('SIG'.length)} ${pid}`
  const watch = spawn('sh', ['-c', command], { stdio: ['pipe', 'ignore', 'ignore'] })
  watch.unref()
  ;(watch.stdin as Socket).unref()
  return watch
}

/** The end of what a process says. */
function tailOf(child: ChildProcess): () => string {
  let tail = ''
  const add = (chunk: Buffer | Error): void => {
    tail = `${tail}${String(chunk)}`.slice(-outputKept)
  }
  child.stdout!.on('data', add)
  child.stderr!.on('data', add)
  child.on('error', add)
  return () => tail
}
