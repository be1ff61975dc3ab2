import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, describe, it, type TestContext } from 'node:test'
import { setTimeout as pause } from 'node:timers/promises'
import { hasCode } from '@waybill/core'
import { lockFolder } from './folder-lock.ts'

const inUse = (error: unknown): boolean => hasCode(error, 'DATA_FOLDER_IN_USE')
const root = mkdtempSync(join(tmpdir(), 'waybill-lock-'))
after(() => rmSync(root, { recursive: true }))

/** A folder that another process has locked, and that process. */
async function locked(
  test: TestContext,
  spawnHolder: typeof spawn = spawn,
): Promise<{ folder: string; pid: number }> {
  const folder = mkdtempSync(join(root, 'folder-'))
  const script = `
    import { lockFolder } from ${JSON.stringify(import.meta.resolve('./folder-lock.ts'))}
    const unlock = await lockFolder(${JSON.stringify(folder)})
    process.on('SIGTERM', () => setTimeout(() => process.exit(), 1_000))
    process.on('SIGUSR2', unlock)
    setInterval(() => {}, 1_000)
    console.log(process.pid)`
  const conditions = process.execArgv.filter((flag) => flag.startsWith('--conditions'))
  const parent = spawnHolder(process.execPath, [...conditions, '--input-type=module', '-e', script], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const [line] = (await once(parent.stdout, 'data')) as [Buffer]
  const pid = Number(line.toString())
  test.after(() => {
    parent.kill('SIGKILL')
    if (pid !== parent.pid) kill(pid)
  })
  return { folder, pid }
}

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL')
  } catch {
    // It is gone.
  }
}

describe('A data folder', { concurrency: true }, () => {
  it('is another process’s as long as that one lives: a start waits ten seconds for its end', async (test) => {
    const { folder } = await locked(test)
    const began = performance.now()
    await assert.rejects(lockFolder(folder), inUse)
    const waitedMs = performance.now() - began
    assert.ok(waitedMs >= 10_000 && waitedMs < 15_000, `${waitedMs} ms`)
    await assert.rejects(lockFolder(folder, { patienceMs: 0 }), inUse)
  })

  it('is free when its owner ends while a start waits', async (test) => {
    const { folder, pid } = await locked(test)
    const locking = lockFolder(folder)
    process.kill(pid, 'SIGTERM')
    const unlock = await locking
    await unlock()
  })

  it('is free when its owner gives it back while a start waits', async (test) => {
    const { folder, pid } = await locked(test)
    const locking = lockFolder(folder)
    await pause(200)
    process.kill(pid, 'SIGUSR2')
    const unlock = await locking
    await unlock()
  })

  const skip = process.platform !== 'linux' && 'only Linux tells'
  it('is not held by a process that was killed and that nobody has waited for', { skip }, async (test) => {
    // `sleep` does not wait for the child that it has from the shell.
    const { folder, pid } = await locked(test, ((command: string, args: string[], options: object) =>
      spawn('sh', ['-c', '"$0" "$@" & exec sleep 1000', command, ...args], options)) as typeof spawn)
    process.kill(pid, 'SIGKILL')
    while (!/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'))) await pause(10)
    const unlock = await lockFolder(folder, { patienceMs: 0 })
    assert.equal(readFileSync(join(folder, 'lock'), 'utf8').split(' ')[0], String(process.pid))
    await unlock()
  })

  it('is not held by what a process of the same number left there, nor by half a lock', async () => {
    const folder = mkdtempSync(join(root, 'folder-'))
    for (const left of [`${process.pid} 1`, `${process.ppid} 1`, '']) {
      writeFileSync(join(folder, 'lock'), left)
      const unlock = await lockFolder(folder, { patienceMs: 0 })
      await unlock()
    }
  })

  it('is refused to the same process at once', async () => {
    const folder = mkdtempSync(join(root, 'folder-'))
    const unlock = await lockFolder(folder)
    const began = performance.now()
    await assert.rejects(lockFolder(folder), inUse)
    assert.ok(performance.now() - began < 1_000)
    await unlock()
  })
})
