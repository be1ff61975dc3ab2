import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { setTimeout as pause } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { accepts } from './accepts.ts'
import { skipWithoutKafka, skipWithoutRedis, skipWithoutRegistry } from './skip-unless.ts'

const skip = (await skipWithoutKafka()) || (await skipWithoutRegistry()) || (await skipWithoutRedis())
const main = fileURLToPath(new URL('./main.ts', import.meta.url))
const folder = mkdtempSync(join(tmpdir(), 'waybill-services-'))
chmodSync(folder, 0o755)
after(() => rmSync(folder, { recursive: true }))

/** Runs it with its temporary files in a folder of the test. */
function begin(command: string, args: readonly string[], env: NodeJS.ProcessEnv = {}) {
  const child = spawn(command, args, {
    env: { ...process.env, TMPDIR: folder, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const said = { stdout: '', stderr: '' }
  for (const name of ['stdout', 'stderr'] as const) {
    child[name].on('data', (chunk: Buffer) => (said[name] += chunk.toString()))
  }
  return { child, said }
}

const ended = async (child: ChildProcess): Promise<number | null> => (await once(child, 'close'))[0]

async function until(look: () => boolean, what: () => string): Promise<void> {
  const deadline = performance.now() + 150_000
  while (!look()) {
    assert.ok(performance.now() < deadline, what())
    await pause(50)
  }
}

test(
  'The services start, tell where they are in one line, and leave nothing when they end',
  { skip },
  async () => {
    // Perhaps somebody has it already.
    const taken = createServer().on('error', () => {})
    taken.listen(6379, '127.0.0.1')
    const { child, said } = begin(process.execPath, [main, '--json'])
    const ending = ended(child)
    try {
      await until(
        () => said.stdout.includes('\n') || child.exitCode !== null,
        () => said.stderr,
      )
      const addresses = JSON.parse(said.stdout) as Record<string, string>
      assert.deepEqual(Object.keys(addresses), ['kafka', 'postgres', 'registry', 'redis'])
      const ports = Object.values(addresses).map((address) => Number(/127\.0\.0\.1:(\d+)/.exec(address)?.[1]))
      assert.notEqual(ports[3], 6379)
      for (const port of ports) assert.ok(await accepts(port), said.stdout)

      const started = performance.now()
      child.kill('SIGTERM')
      assert.equal(await ending, 0)
      assert.ok(performance.now() - started < 10_000)
      assert.equal(said.stdout.split('\n').length, 2)
      for (const port of ports) assert.equal(await accepts(port), false)
      assert.deepEqual(readdirSync(folder), [])
    } finally {
      child.kill('SIGKILL')
      taken.close()
    }
  },
)

test('They end when who started them is killed, also while they start', { skip }, async () => {
  const shell = begin('sh', ['-c', `'${process.execPath}' '${main}'; true`])
  const ending = ended(shell.child)
  await until(
    () => readdirSync(folder).some((name) => name.startsWith('waybill-kafka-')),
    () => shell.said.stderr,
  )
  shell.child.kill('SIGKILL')
  await ending
  await until(
    () => readdirSync(folder).length === 0,
    () => readdirSync(folder).join(),
  )
})

test('What is missing is named, with what to install', async () => {
  const { child, said } = begin(process.execPath, [main, '--json'], { PATH: folder })
  assert.equal(await ended(child), 1)
  assert.match(said.stderr, /Redis is missing\. Install it, for example: apt-get install redis-server\n/)
  assert.equal(said.stdout, '')
  assert.deepEqual(readdirSync(folder), [])
})
