import assert from 'node:assert/strict'
import { spawn, type SpawnOptions } from 'node:child_process'
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { fileURLToPath } from 'node:url'

const folder = mkdtempSync(join(tmpdir(), 'waybill-cli-'))
after(() => rmSync(folder, { recursive: true }))

/** A system in a folder of its own, far from this repository. */
function writeSystem(name: string, weightType = 'Integer'): void {
  const url = (module: string): string => JSON.stringify(import.meta.resolve(module))
  mkdirSync(join(folder, 'systems', name), { recursive: true })
  writeFileSync(
    join(folder, 'systems', name, 'index.ts'),
    `
import { command, entity, event, service, system } from ${url('@waybill/core')}
import { accounts } from ${url('@waybill/runtime')}
import Type from ${url('typebox')}

const Parcel = Type.Object({ parcelId: Type.String(), weight: Type.${weightType}() })
const ParcelSent = event('ParcelSent', { topic: 'parcel-sent', key: 'parcelId', data: Parcel })
const Sent = entity('parcel', {})
const send = command('send', {
  http: 'POST /api/parcels', role: 'user', input: Type.Object({ weight: Type.Integer() }),
  at: Sent, id: (_, { newId }) => newId(), emits: [ParcelSent],
  decide: (_, { weight }, { id }) => ParcelSent({ parcelId: id, weight }),
})
export default {
  name: '${name}',
  defaultPort: 0,
  example: \`curl -s {address}/api/parcels -H 'authorization: Bearer {token}' -H 'content-type: application/json' -d '{"weight":2}'\`,
  create: () => system('${name}', [service('counter', { entities: [Sent], commands: [send] }), accounts]),
}
`,
  )
}

writeSystem('post')
writeSystem('depot')

interface Run {
  readonly code: number | null
  readonly out: string
}

function begin(args: readonly string[], env: Record<string, string> = {}) {
  const main = fileURLToPath(new URL('./main.ts', import.meta.url))
  const options: SpawnOptions = {
    cwd: folder,
    env: { PATH: process.env['PATH'], NODE_OPTIONS: '--conditions=@waybill/source', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  }
  const child = spawn(process.execPath, [main, ...args], options)
  let out = ''
  for (const stream of [child.stdout!, child.stderr!]) {
    stream.on('data', (chunk: Buffer) => (out += chunk.toString()))
  }
  const ended = new Promise<Run>((resolve) => child.on('close', (code) => resolve({ code, out })))
  return { child, ended, output: () => out }
}

const waybill = (args: readonly string[], env: Record<string, string> = {}): Promise<Run> =>
  begin(args, env).ended

test('The help says what can be done', async () => {
  const { code, out } = await waybill(['--help'])
  assert.equal(code, 0)
  assert.match(out, /waybill start \[system…\]/)
})

test('What cannot be understood is answered with the help', async () => {
  const wrong = [
    [],
    ['stop'],
    ['start', '--check'],
    ['start', '--fast'],
    ['start', '--to', 'store'],
    ['log', 'move', 'post'],
    ['log', 'show', 'post', '--to', 'store'],
  ]
  for (const args of wrong) {
    const { code, out } = await waybill(args)
    assert.notEqual(code, 0)
    assert.match(out, /waybill start \[system…\]/)
    assert.doesNotMatch(out, / {4}at /)
  }
})

test('An unknown system is named, with those that there are', async () => {
  const { code, out } = await waybill(['start', 'post', 'office'])
  assert.equal(code, 1)
  assert.match(out, /There is no system office; there are: depot, post\./)
  assert.doesNotMatch(out, / {4}at /)
})

test('Every mistake in the environment is named at once, without a stack', async () => {
  const { code, out } = await waybill(['start', 'post'], {
    WAYBILL_STORE: 'mysql',
    WAYBILL_PORT_POST: 'http',
  })
  assert.equal(code, 1)
  assert.match(out, /^CONFIGURATION_INVALID: /)
  assert.match(out, /WAYBILL_STORE is not usable; allowed: pglite, or postgres:/)
  assert.match(out, /WAYBILL_PORT_POST is 'http'; allowed: a port number/)
  assert.doesNotMatch(out, / {4}at /)
})

test('A database that does not answer is said so', async () => {
  const { code, out } = await waybill(['start', 'post'], {
    WAYBILL_STORE: 'postgres://nobody@127.0.0.1:1/none',
  })
  assert.equal(code, 1)
  assert.match(
    out,
    /STORE_UNAVAILABLE: The database that WAYBILL_STORE names cannot be used\nCause: .*ECONNREFUSED/,
  )
  assert.doesNotMatch(out, / {4}at /)
})

test('Positions are moved to where a log can be only', async () => {
  const { code, out } = await waybill(['log', 'move', 'post', '--to', 'rabbit'])
  assert.equal(code, 1)
  assert.match(out, /WAYBILL_LOG is 'rabbit'; allowed: store, or kafka:/)
  const there = await waybill(['log', 'move', 'post', '--to', 'store'], { WAYBILL_DATA: 'moved' })
  assert.match(there.out, /^The log of post is the store as log already\.$/m)
  assert.equal(there.code, 0)
})

test('Systems start, print a curl that works, and end at SIGTERM', { timeout: 60_000 }, async () => {
  const { child, ended, output } = begin(['start'], { WAYBILL_PORT_CONSOLE: '0', WAYBILL_DATA: 'data' })
  while (!/^curl .*\n\ncurl .*\n/m.test(output())) {
    assert.equal(child.exitCode, null, output())
    await new Promise((resolve) => child.stdout!.once('data', resolve))
  }
  assert.match(output(), /demo@example\.com +demo-password\n +admin@example\.com +admin-password\n/)
  for (const [example] of output().matchAll(/^curl .*$/gm)) {
    const [, url, token] = /(http:\S+).*Bearer (\S+)'/.exec(example)!
    const response = await fetch(url!, {
      method: 'POST',
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      body: '{"weight":2}',
    })
    assert.equal(response.status, 201)
  }
  child.kill('SIGTERM')
  const { code, out } = await ended
  assert.equal(code, 0, out)
})

test('Schemas are written, compared, and never changed so that old events could not be read', async () => {
  const file = join(folder, 'systems', 'post', 'schemas', 'ParcelSent.avsc')
  const missing = await waybill(['schemas', '--check', 'post'])
  assert.equal(missing.code, 1)
  assert.match(missing.out, /systems\/post\/schemas\/ParcelSent\.avsc: missing/)

  assert.equal((await waybill(['schemas', 'post'])).code, 0)
  const written = readFileSync(file, 'utf8')
  assert.ok(readdirSync(join(folder, 'systems', 'post', 'schemas')).includes('AccountRegistered.avsc'))
  assert.equal((await waybill(['schemas', '--check', 'post'])).code, 0)

  writeSystem('post', 'Boolean')
  const refused = await waybill(['schemas', 'post'])
  assert.equal(refused.code, 1)
  assert.match(refused.out, /SCHEMA_INCOMPATIBLE: .*\n {2}- systems\/post\/schemas\/ParcelSent\.avsc: /)
  assert.equal(readFileSync(file, 'utf8'), written)
})
