import assert from 'node:assert/strict'
import { spawn, type SpawnOptions } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { freePort } from '@waybill/servers'
import { call } from './testing/call.ts'
import { eventually } from './testing/eventually.ts'

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

/** @param typed what comes from standard input */
function begin(args: readonly string[], env: Record<string, string> = {}, typed?: string) {
  const main = fileURLToPath(new URL('./main.ts', import.meta.url))
  const options: SpawnOptions = {
    cwd: folder,
    env: { PATH: process.env['PATH'], NODE_OPTIONS: '--conditions=@waybill/source', ...env },
    stdio: [typed === undefined ? 'ignore' : 'pipe', 'pipe', 'pipe'],
  }
  const child = spawn(process.execPath, [main, ...args], options)
  child.stdin?.end(`${typed}\n`)
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

test('An administrator is made on the terminal, with a password from standard input, and once', async () => {
  const env = { WAYBILL_DATA: 'accounts' }
  const add = (args: readonly string[], password: string): Promise<Run> =>
    begin(['account', 'add', ...args], env, password).ended
  const args = ['Root@example.com', '--role', 'admin', '--system', 'post']
  const short = await add(args, 'short')
  assert.equal(short.code, 1)
  assert.match(short.out, /CONFIGURATION_INVALID: The password must not have fewer than 8 characters/)
  const odd = await add(['a@example.com', '--role', 'admn', '--system', 'post'], 'correct horse battery')
  assert.match(odd.out, /post knows no role admn; it knows user, admin/)
  const made = await add(args, 'correct horse battery')
  assert.deepEqual(
    [made.code, made.out],
    [0, 'Root@example.com has an account now, with the roles user, admin.\n'],
  )
  const again = await add(args, 'correct horse battery')
  assert.match(again.out, /had an account; it has the roles user, admin now\./)
  assert.equal(again.code, 0)
  // Somebody may have registered with an address that is not his.
  const foreign = await add(args, 'another password')
  assert.match(foreign.out, /has an account already, with another password: somebody has registered it/)
  assert.equal(foreign.code, 1)
  const which = await add(['root@example.com'], 'correct horse battery')
  assert.match(which.out, /Several systems have accounts: name one by --system: depot, post/)

  const [port, consolePort] = [await freePort(), await freePort()]
  const { child, ended, output } = begin(['start', 'post'], {
    ...env,
    NODE_ENV: 'production',
    WAYBILL_JWT_SECRET: randomBytes(48).toString('base64'),
    WAYBILL_PORT_POST: `${port}`,
    WAYBILL_PORT_CONSOLE: `${consolePort}`,
  })
  const [gateway, admin] = [`http://127.0.0.1:${port}`, `http://127.0.0.1:${consolePort}`]
  await eventually(async () => assert.equal((await call(admin, 'GET /readyz')).status, 200))
  const login = (email: string, password: string) =>
    call(gateway, 'POST /api/auth/login', { json: { email, password } })
  const { status, body } = await login('root@example.com', 'correct horse battery')
  assert.equal(status, 200)
  assert.equal((await call(admin, 'GET /admin/systems', { token: body.accessToken })).status, 200)
  // Nothing of the demo is there.
  assert.equal((await login('admin@example.com', 'admin-password')).status, 401)
  assert.equal((await call(gateway, 'GET /simulator/charges')).status, 404)
  assert.doesNotMatch(output(), /demo/i)
  child.kill('SIGTERM')
  assert.equal((await ended).code, 0)
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
