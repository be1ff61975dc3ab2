import { type ChildProcess, spawn, type SpawnOptions } from 'node:child_process'
import type { Socket } from 'node:net'
import { setTimeout as pause } from 'node:timers/promises'
import { watchIdleness } from './idleness.ts'

/** A server in a process of its own. */
export interface ServerProcess {
  readonly pid: number
  /** Sends a signal and resolves when the process has ended; SIGKILL follows after 8 seconds. */
  end(signal: NodeJS.Signals): Promise<void>
}

/** On a machine that is very busy. */
const readyMs = 60_000
/** A server that comes up is at work: one that has done nothing for so long never will. */
const idleMs = 7_000
const patienceMs = 8_000
const lookEveryMs = 50
/** So long the rest of what a server says may take that has ended: a child of it may keep its output open. */
const outputMs = 500
const outputKept = 8_192

/**
 * Starts a server and waits until it is ready. It ends with this process at the latest, also when this one is killed, and
 * does not keep this one from ending.
 * @param options.ready asked again and again until it is true
 * @param options.atOnce the signal that ends it when it cannot be told to finish; default: SIGKILL
 * @param options.signal calls the start off
 * @throws when it ends before, does nothing for seven seconds, or is not ready after a minute; the message has the end of
 * its output
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
  const closed = new Promise((resolve) => child.once('close', resolve))
  const watch = killWithUs(child, atOnce)
  void ended.then(() => watch.kill('SIGKILL'))

  const end = async (signal: NodeJS.Signals): Promise<void> => {
    child.ref()
    const impatience = setTimeout(() => child.kill('SIGKILL'), patienceMs)
    child.kill(signal)
    await ended
    clearTimeout(impatience)
  }

  const failure = await comesUp(child, { ended, ready, signal })
  if (failure === undefined) {
    release(child)
    return { pid: child.pid!, end }
  }
  await end(atOnce)
  await Promise.race([closed, pause(outputMs)])
  // A child of it may live on.
  release(child)
  signal?.throwIfAborted()
  throw new Error(`${command} ${failure}:\n${output()}`)
}

/** Lets this process end though a child still runs. */
function release(child: ChildProcess): void {
  for (const each of [child, child.stdout as Socket, child.stderr as Socket]) each.unref()
}

/** Waits until a server is ready. Answers with what is wrong when it will not be; `undefined`: it is ready. */
async function comesUp(
  child: ChildProcess,
  {
    ended,
    ready,
    signal,
  }: {
    ended: Promise<void>
    ready: (pid: number) => Promise<boolean>
    signal: AbortSignal | undefined
  },
): Promise<string | undefined> {
  const until = performance.now() + readyMs
  const idle = child.pid === undefined ? () => 0 : watchIdleness(child.pid)
  for (;;) {
    if (await Promise.race([ended.then(() => true), pause(lookEveryMs, false)])) return 'ended'
    if (await ready(child.pid!)) return undefined
    if (signal?.aborted) return 'was called off'
    if (idle() > idleMs) return `is not ready, and has done nothing for ${idleMs / 1_000} s`
    if (performance.now() > until) return `was not ready within ${readyMs / 1_000} s`
  }
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
