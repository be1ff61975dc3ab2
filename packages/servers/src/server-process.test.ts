import assert from 'node:assert/strict'
import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmod, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, it, test } from 'node:test'
import { setTimeout as pause } from 'node:timers/promises'
import { promisify } from 'node:util'
import { isGone } from './is-gone.ts'
import { startServer } from './server-process.ts'

async function until(holds: () => boolean, what: string): Promise<void> {
  for (const late = performance.now() + 20_000; !holds(); await pause(50)) {
    assert.ok(performance.now() < late, what)
  }
}

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
  await until(() => isGone(pid), 'PostgreSQL is gone')
})

test('A server that ends before it is ready is an error with what it said', async () => {
  const starting = startServer('sh', ['-c', 'echo the port is taken; exit 1'], { ready: async () => false })
  await assert.rejects(starting, /sh ended:\nthe port is taken/)
})

test('A server that cannot be started is an error that says why', async () => {
  const starting = startServer('/nowhere/server', [], { ready: async () => false })
  await assert.rejects(starting, /\/nowhere\/server ended:\n.*ENOENT/)
})

describe('A server that takes long to be ready', { concurrency: true }, () => {
  it('is an error within ten seconds when it does nothing, with what it said', async () => {
    const began = performance.now()
    const starting = startServer('sh', ['-c', 'echo waiting for a friend; exec sleep 1000'], {
      ready: async () => false,
    })
    await assert.rejects(starting, /sh is not ready, and has done nothing for 7 s:\nwaiting for a friend/)
    assert.ok(performance.now() - began < 10_000)
  })

  it('may take longer while it is at work', async () => {
    const began = performance.now()
    const work = 'n=0; while [ $n -lt 50000 ]; do n=$((n+1)); done'
    const ready = async (): Promise<boolean> => performance.now() - began > 9_000
    const server = await startServer('sh', ['-c', `while :; do ${work}; sleep 0.2; done`], { ready })
    await server.end('SIGKILL')
  })
})

test('A server that nobody has ended does not keep its process', async () => {
  const script = `
    import { startServer } from ${JSON.stringify(import.meta.resolve('./server-process.ts'))}
    const { pid } = await startServer('sleep', ['1000'], { ready: async () => true })
    console.log(pid)`
  const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '-e', script])
  await until(() => isGone(Number(stdout)), 'the server is gone')
})
