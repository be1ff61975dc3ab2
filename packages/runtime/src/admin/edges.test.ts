import assert from 'node:assert/strict'
import { request } from 'node:http'
import { test } from 'node:test'
import type { Host } from '../host/host.ts'
import { login, memoryBackends, startPostOffice } from '../host/test-kit.ts'
import { call } from '../http/test-kit.ts'

/** Sends a request as a browser does that believes to speak with another host. */
function asFor(host: string, address: string, method: string, path: string): Promise<[number, string]> {
  return new Promise((resolve, reject) => {
    const sent = request(address + path, { method, agent: false, headers: { host } }, (response) => {
      let body = ''
      response.setEncoding('utf8')
      response.on('data', (text: string) => (body += text))
      response.once('end', () => resolve([response.statusCode!, body]))
    })
    sent.on('error', reject).end()
  })
}

/** Something that writes without a login in demo mode. */
function withRegistry(config: { demo: boolean; host?: string }): Promise<Host> {
  return startPostOffice({
    config,
    backends: {
      ...memoryBackends().backends,
      adminRoutes: async (http, preParsing) => {
        http.put('/registry', { preParsing }, () => ({ written: true }))
        return []
      },
    },
  })
}

test('A foreign site whose name stands for this machine reads and writes nothing in demo mode', async () => {
  const { adminAddress, stop } = await withRegistry({ demo: true })
  const { port } = new URL(adminAddress)
  const foreign = [
    'evil.example',
    `evil.example:${port}`,
    'localhost.evil.example',
    '127.0.0.1.nip.io',
    'a@b c',
  ]
  for (const host of foreign) {
    for (const [method, path] of [
      ['PUT', '/registry'],
      ['GET', '/metrics'],
      ['GET', '/nowhere'],
    ] as const) {
      const [status, body] = await asFor(host, adminAddress, method, path)
      assert.deepEqual([status, JSON.parse(body).code], [421, 'HOST_FOREIGN'], `${method} ${host}`)
    }
  }
  for (const host of ['localhost', `LOCALHOST:${port}`, `127.0.0.1:${port}`, `[::1]:${port}`]) {
    assert.equal((await asFor(host, adminAddress, 'PUT', '/registry'))[0], 200, host)
  }
  await stop()
})

test('Where others reach a demo, they read under any name, and only administrators write', async () => {
  const host = await withRegistry({ demo: true, host: '0.0.0.0' })
  const address = `http://127.0.0.1:${new URL(host.adminAddress).port}`
  assert.equal((await asFor('order:8090', address, 'GET', '/metrics'))[0], 200)
  assert.equal((await call({ address }, 'PUT /registry')).status, 401)
  assert.equal((await call({ address }, 'PUT /registry', { token: await login(host, 'Demo') })).status, 403)
  assert.equal((await call({ address }, 'PUT /registry', { token: await login(host, 'Admin') })).status, 200)
  await host.stop()
})

test('The admin port has the rate limit of the gateways; what watches the process is never refused', async () => {
  const { adminAddress, stop } = await startPostOffice({ config: { rateLimit: 3 } })
  const statusOf = async (path: string): Promise<number> =>
    (await call({ address: adminAddress }, `GET ${path}`)).status
  for (const path of ['/', '/admin/systems', '/nowhere']) assert.notEqual(await statusOf(path), 429)
  for (const path of ['/', '/admin/systems', '/nowhere']) assert.equal(await statusOf(path), 429, path)
  for (const path of ['/healthz', '/readyz', '/metrics']) assert.equal(await statusOf(path), 200, path)
  await stop()
})

test('A crowd that asks whether the process is ready costs the database no more than one who asks', async () => {
  const { backends } = memoryBackends()
  let asked = 0
  const ready = async (): Promise<boolean> => {
    asked += 1
    return true
  }
  const { adminAddress, systems, stop } = await startPostOffice({ backends: { ...backends, ready } })
  const begin = performance.now()
  for (let round = 0; round < 10; round += 1) {
    const answers = Array.from({ length: 30 }, (_, n) =>
      call(n % 2 === 0 ? { address: adminAddress } : systems[0]!, 'GET /readyz'),
    )
    for (const { status } of await Promise.all(answers)) assert.equal(status, 200)
  }
  assert.ok(asked <= 1 + (performance.now() - begin) / 1_000, `${asked} times`)
  await stop()
})
