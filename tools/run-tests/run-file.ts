import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { killWithUs } from '@waybill/servers'
import type { Recorded } from './record.ts'
import { judge, type Verdict } from './verdict.ts'

/** A test file that has run. */
export interface Ran extends Verdict {
  readonly file: string
  readonly seconds: number
  /** All that it wrote. */
  readonly output: string
}

/** So long the servers of a file may take to end after it, which look after that themselves. */
const serversMs = 3_000
/** So long a file may be gone while its output is still open. */
const outputMs = 2_000

/**
 * Runs a test file in a process and a process group of its own, which ends with this process at the latest.
 * @param options.folder for files of the run
 * @param options.limitS so many seconds the file may take; then all that it has started is killed with it
 * @param options.end kills it before
 */
export async function runFile(
  file: string,
  options: { folder: string; limitS: number; env: NodeJS.ProcessEnv; end: AbortSignal },
): Promise<Ran> {
  const { folder, limitS, env, end } = options
  const began = performance.now()
  const recordFile = join(folder, `${file.replaceAll('/', '-')}.jsonl`)
  const reporters = { spec: 'stdout', [import.meta.resolve('./record.ts')]: recordFile }
  const flags = Object.entries(reporters).flatMap(([name, destination]) => [
    `--test-reporter=${name}`,
    `--test-reporter-destination=${destination}`,
  ])
  const child = spawn(process.execPath, [...flags, file], {
    env,
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const watch = killWithUs(child)
  const output: Buffer[] = []
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => output.push(chunk))
  const closed = once(child, 'close').then(() => true)
  let isKilled = false
  const kill = (): void => {
    isKilled = true
    child.kill('SIGKILL')
  }
  const limit = setTimeout(kill, limitS * 1_000)
  end.addEventListener('abort', kill)

  const [code] = (await once(child, 'exit')) as [number | null]
  clearTimeout(limit)
  end.removeEventListener('abort', kill)
  watch.kill('SIGKILL')
  if (isKilled) await groupEnds(child.pid!)
  const leftSomething = !(await Promise.race([closed, pause(isKilled ? 0 : outputMs, false)]))
  if (isKilled || leftSomething) signalGroup(child.pid!, 'SIGKILL')
  child.stdout.destroy()
  child.stderr.destroy()

  const recorded = await readRecord(recordFile)
  const ending = { code, killedAfterS: isKilled ? limitS : undefined, leftSomething }
  return {
    file,
    seconds: (performance.now() - began) / 1_000,
    output: Buffer.concat(output).toString(),
    ...judge(recorded, ending),
  }
}

/** Waits until all of a process's group have ended that look after it themselves. */
async function groupEnds(pid: number): Promise<void> {
  const until = performance.now() + serversMs
  while (signalGroup(pid, 0) && performance.now() < until) await pause(50)
}

/** Tells whether anybody was left of a process's group. */
function signalGroup(pid: number, signal: NodeJS.Signals | 0): boolean {
  try {
    return process.kill(-pid, signal)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ESRCH') return false
    throw error
  }
}

async function readRecord(file: string): Promise<Recorded[]> {
  const text = await readFile(file, 'utf8').catch(() => '')
  // The last line of a process that was killed may be cut off.
  const whole = text.slice(0, text.lastIndexOf('\n') + 1)
  return whole
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Recorded)
}
