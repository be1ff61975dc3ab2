import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmod, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { setTimeout as pause } from 'node:timers/promises'
import { isGone } from './is-gone.ts'
import { startServer } from './server-process.ts'

test('A server ends with the process that started it, also when that is killed', async (t) => {
  // Nobody is left to delete the server's files.
  const folder = await mkdtemp(join(tmpdir(), 'waybill-orphan-'))
  t.after(() => rm(folder, { recursive: true }))
  await chmod(folder, 0o755)
  const starts = `
    import { startPostgres } from ${JSON.stringify(import.meta.resolve('./postgres.ts'))}
    const { pid } = await startPostgres()
    console.log(pid)`
  const parent = spawn(process.execPath, ['--input-type=module', '-e', starts], {
    env: { ...process.env, TMPDIR: folder },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const pid = Number(String(await once(parent.stdout, 'data')))
  assert.equal(isGone(pid), false)

  parent.kill('SIGKILL')
  const until = performance.now() + 20_000
  while (!isGone(pid)) {
    assert.ok(performance.now() < until, 'PostgreSQL still runs')
    await pause(50)
  }
})

test('A server that ends before it is ready is an error with what it said', async () => {
  const starting = startServer('sh', ['-c', 'echo the port is taken; exit 1'], { ready: async () => false })
  await assert.rejects(starting, /sh ended:\nthe port is taken/)
})
