import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, describe, it } from 'node:test'
import { setTimeout as pause } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { accepts } from '@waybill/servers'

const main = fileURLToPath(new URL('main.ts', import.meta.url))
const folder = mkdtempSync(join(tmpdir(), 'waybill-runner-'))
after(() => rmSync(folder, { recursive: true }))

/** Test files that a run finds in `tools`, each of which may leave the id of a process in a file. */
const files = {
  good: `test('holds', () => {}); test('is left out', { skip: 'no reason' }, () => {})`,
  bad: `describe('sums', () => { test('are right', () => assert.equal(1 + 1, 3)) })`,
  crashes: `throw new Error('no such server')`,
  hangs: `
    test('is done', () => {})
    describe('a server', () => {
      test('answers', async () => {
        const child = spawn('sleep', ['1000'], { stdio: 'inherit' })
        leave(child.pid)
        await new Promise(() => {})
      })
    })`,
  blocks: `leave(process.pid); for (;;);`,
  'keeps-open': `test('is quick', () => {}); setInterval(() => {}, 1_000); leave(process.pid)`,
  leaves: `test('holds', () => {}); const child = spawn('sleep', ['1000'], { stdio: 'inherit' }); leave(child.pid); child.unref()`,
  'has-a-server': `
    import { sharedPostgres } from ${JSON.stringify(import.meta.resolve('@waybill/servers'))}
    const { url } = await sharedPostgres()
    leave(process.pid, url)
    setInterval(() => {}, 1_000)`,
}

/** A folder with some of them. */
function project(...names: readonly (keyof typeof files)[]): string {
  const root = mkdtempSync(join(folder, 'project-'))
  mkdirSync(join(root, 'tools'))
  mkdirSync(join(root, 'tmp'))
  for (const name of names) {
    const head = `
      import assert from 'node:assert/strict'
      import { spawn } from 'node:child_process'
      import { writeFileSync } from 'node:fs'
      import { describe, test } from 'node:test'
      const leave = (...what) => writeFileSync('${root}/${name}.left', what.join('\\n'))`
    writeFileSync(join(root, 'tools', `${name}.test.ts`), `${head}\n${files[name]}`)
  }
  return root
}

function begin(root: string, ...args: readonly string[]): { child: ChildProcess; said: () => string } {
  const child = spawn(process.execPath, ['--conditions=@waybill/source', main, ...args], {
    cwd: root,
    env: { ...process.env, TMPDIR: join(root, 'tmp') },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let said = ''
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (chunk: Buffer) => (said += String(chunk)))
  return { child, said: () => said }
}

async function run(root: string, ...args: readonly string[]): Promise<{ code: number; said: string }> {
  const { child, said } = begin(root, ...args)
  const [code] = (await once(child, 'close')) as [number]
  return { code, said: said() }
}

const left = (root: string, name: keyof typeof files): string[] =>
  readFileSync(join(root, `${name}.left`), 'utf8').split('\n')

/** Also when nobody has waited for it. */
function isOver(pid: number): boolean {
  try {
    return /^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'))
  } catch {
    return true
  }
}

async function until(holds: () => boolean | Promise<boolean>, what: string): Promise<void> {
  for (const late = performance.now() + 20_000; !(await holds()); await pause(50)) {
    assert.ok(performance.now() < late, what)
  }
}

describe('npm test', { concurrency: 3 }, () => {
  it('says how many tests came to which end, in the lines of TAP, and ends with 0 when all is well', async () => {
    const root = project('good')
    const { code, said } = await run(root)
    assert.equal(code, 0, said)
    assert.match(said, /✔ tools\/good\.test\.ts \(.* s\)\n✔ holds/)
    assert.match(
      said,
      /# tests 2\n# suites 0\n# pass 1\n# fail 0\n# cancelled 0\n# skipped 1\n# todo 0\n# duration_ms \d+\n$/,
    )
    assert.deepEqual(readdirSync(join(root, 'tmp')), [])
  })

  it('names what fails, and what does not even begin', async () => {
    const { code, said } = await run(project('good', 'bad', 'crashes'))
    assert.equal(code, 1)
    assert.match(said, /2 !== 3/)
    assert.match(said, /no such server/)
    assert.match(
      said,
      /What failed:\n✖ tools\/bad\.test\.ts\n {4}✖ are right\n {8}Expected values to be strictly equal:\n(?: {8}.*\n)+✖ tools\/crashes\.test\.ts\n {4}ended with code \d+\n/,
    )
    assert.match(said, /# tests 4\n# suites 1\n# pass 1\n# fail 2\n/)
  })

  it('ends a file that takes too long, with all that it has started, and says what it was at', async () => {
    const root = project('hangs', 'blocks', 'keeps-open')
    const { code, said } = await run(root, '--limit', '2')
    assert.equal(code, 1)
    assert.match(said, /hangs\.test\.ts\n {4}did not end within 2 s: it was at “a server”, “answers”\n/)
    assert.match(said, /blocks\.test\.ts\n {4}did not end within 2 s: /)
    assert.match(said, /keeps-open\.test\.ts\n {4}did not end within 2 s: all its tests had ended\n/)
    assert.match(said, /✔ is done/)
    for (const name of ['hangs', 'blocks', 'keeps-open'] as const) {
      await until(() => isOver(Number(left(root, name)[0])), name)
    }
    assert.deepEqual(readdirSync(join(root, 'tmp')), [])
  })

  it('lets no file leave a process behind', async () => {
    const root = project('leaves')
    const { code, said } = await run(root)
    assert.equal(code, 1)
    assert.match(said, /leaves\.test\.ts\n {4}left a process running\n/)
    await until(() => isOver(Number(left(root, 'leaves')[0])), 'it has ended')
  })

  for (const signal of ['SIGINT', 'SIGKILL'] as const) {
    it(`leaves nothing running when it ends by ${signal}`, async () => {
      const root = project('has-a-server')
      const { child, said } = begin(root)
      const gone = once(child, 'close') as Promise<[number | null]>
      await until(() => existsSync(join(root, 'has-a-server.left')), 'the server is there')
      const [pid, url] = left(root, 'has-a-server')
      child.kill(signal)
      const [code] = await gone
      assert.equal(code, signal === 'SIGINT' ? 130 : null, said())
      await until(() => isOver(Number(pid)), 'the file has ended')
      await until(async () => !(await accepts(Number(new URL(url!).port))), 'the server has ended')
      if (signal === 'SIGINT') assert.deepEqual(readdirSync(join(root, 'tmp')), [])
    })
  }

  it('says so when there is no such file', async () => {
    const { code, said } = await run(project('good'), 'better')
    assert.deepEqual([code, said], [2, 'No test file has better in its path.\n'])
  })
})
