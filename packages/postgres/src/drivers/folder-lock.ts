import { readFile, realpath, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { WaybillError } from '@waybill/core'

/** Locked by this process. */
const held = new Set<string>()

/** Long enough for an owner that was told to end: a new process is often started before the old one is gone. */
const ownerMs = 10_000
const lookEveryMs = 100
/** Long enough for another process that takes over the same dead lock to show. */
const takeoverMs = 100

/**
 * Keeps everyone else out of a data folder, until the answer is called or the process ends.
 * @param options.patienceMs so long another process may take to leave it; default: 10 seconds
 * @throws DATA_FOLDER_IN_USE
 */
export async function lockFolder(
  folder: string,
  { patienceMs = ownerMs }: { patienceMs?: number } = {},
): Promise<() => Promise<void>> {
  const file = join(await realpath(folder), 'lock')
  const inUse = (pid: number): WaybillError =>
    new WaybillError('DATA_FOLDER_IN_USE', `The data folder ${folder} is open in process ${pid}`)

  // This one does not end while it waits.
  if (held.has(file)) throw inUse(process.pid)
  held.add(file)
  try {
    const until = performance.now() + patienceMs
    for (let owner = await take(file); owner !== undefined; owner = await take(file)) {
      if (performance.now() > until) throw inUse(owner)
      await sleep(lookEveryMs)
    }
  } catch (error) {
    held.delete(file)
    throw error
  }
  return async () => {
    await rm(file, { force: true })
    held.delete(file)
  }
}

/** Takes a lock that nobody has who is alive. Answers with the process that has it; `undefined`: this one has it now. */
async function take(file: string): Promise<number | undefined> {
  const mark = await markOf(process.pid)
  if (await create(file, mark)) return undefined
  const owner = await ownerOf(file)
  if (owner !== undefined) return owner
  await writeFile(file, mark)
  await sleep(takeoverMs)
  return ownerOf(file)
}

/** Whether it was not there yet. */
async function create(file: string, text: string): Promise<boolean> {
  try {
    await writeFile(file, text, { flag: 'wx' })
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false
    throw error
  }
}

/** The process that has a lock. `undefined`: nobody who is alive, or this one: what an earlier one left with its number. */
async function ownerOf(file: string): Promise<number | undefined> {
  const found = await readFile(file, 'utf8').catch(() => '')
  const pid = Number.parseInt(found, 10)
  return pid !== process.pid && found === (await markOf(pid)) ? pid : undefined
}

/** Tells a process from an earlier one with the same number, where the system says when it started. */
async function markOf(pid: number): Promise<string> {
  try {
    process.kill(pid, 0)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ESRCH') return 'not running'
  }
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '')
  const fields = stat.slice(stat.lastIndexOf(')')).split(' ')
  // Killed, and nobody has waited for it yet: it holds nothing any more.
  if (fields[1] === 'Z' || fields[1] === 'X') return 'not running'
  return `${pid} ${fields[20] ?? ''}`
}
