import { readFile, realpath, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { WaybillError } from '@waybill/core'

/** Locked by this process. */
const held = new Set<string>()

/** Long enough for another process that takes over the same dead lock to show. */
const takeoverMs = 100

/**
 * Keeps everyone else out of a data folder, until the answer is called or the process ends.
 * @throws DATA_FOLDER_IN_USE
 */
export async function lockFolder(folder: string): Promise<() => Promise<void>> {
  const file = join(await realpath(folder), 'lock')
  const inUse = (pid: number): WaybillError =>
    new WaybillError('DATA_FOLDER_IN_USE', `The data folder ${folder} is open in process ${pid}`)

  if (held.has(file)) throw inUse(process.pid)
  held.add(file)
  const unlock = async (): Promise<void> => {
    await rm(file, { force: true })
    held.delete(file)
  }

  const mark = await markOf(process.pid)
  const first = await writeFile(file, mark, { flag: 'wx' }).then(
    () => true,
    () => false,
  )
  if (first) return unlock

  const found = await readFile(file, 'utf8')
  const pid = Number.parseInt(found, 10)
  const alive = pid !== process.pid && found === (await markOf(pid))
  if (!alive) {
    await writeFile(file, mark)
    await sleep(takeoverMs)
    if ((await readFile(file, 'utf8')) === mark) return unlock
  }
  held.delete(file)
  throw inUse(pid)
}

/** Tells a process from an earlier one with the same number, where the system says when it started. */
async function markOf(pid: number): Promise<string> {
  try {
    process.kill(pid, 0)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ESRCH') return 'not running'
  }
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '')
  const started = stat.slice(stat.lastIndexOf(')')).split(' ')[20] ?? ''
  return `${pid} ${started}`
}
