import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { call } from './call.ts'
import { eventually } from './eventually.ts'
import { waybillProcess } from './waybill-process.ts'

const env = { WAYBILL_PORT_SHOP: '0' }

test('a process is killed, started in the same place, paused and stopped', { timeout: 120_000 }, async () => {
  const folder = await mkdtemp(join(tmpdir(), 'waybill-process-'))
  const shop = await waybillProcess({ name: 'shop', args: ['shop'], env: { ...env, WAYBILL_DATA: folder } })
  shop.start()
  await shop.ready()
  const first = shop.pid
  await shop.kill()
  assert.equal(shop.pid, undefined)
  await assert.rejects(call(shop.adminAddress, 'GET /healthz'))

  shop.start()
  await shop.ready()
  assert.notEqual(shop.pid, first)
  shop.pause()
  await assert.rejects(call(shop.adminAddress, 'GET /healthz', { signal: AbortSignal.timeout(300) }), {
    name: 'TimeoutError',
  })
  shop.resume()
  assert.equal((await call(shop.adminAddress, 'GET /healthz')).status, 200)
  shop.pause()
  assert.equal(await shop.stop(), 0, shop.lastWords())
  assert.equal(await shop.stop(), 0)
  assert.equal(shop.failure(), undefined)
  await rm(folder, { recursive: true })
})

test('one that cannot start says why at once', async () => {
  const shop = await waybillProcess({ name: 'shop', args: ['shop'], env: { WAYBILL_STORE: 'mysql' } })
  shop.start()
  await assert.rejects(shop.ready(), /^Error: shop ended by itself with code 1\.[^]*WAYBILL_STORE/)
  assert.match(shop.failure()!, /by itself/)
})

test('a process ends with the one that started it, however that one ends', async () => {
  const script = `
    import { waybillProcess } from ${JSON.stringify(import.meta.resolve('./waybill-process.ts'))}
    const shop = await waybillProcess({ name: 'shop', args: ['shop', '--service', 'order'], env: ${JSON.stringify(
      {
        ...env,
        WAYBILL_STORE: 'postgres://nobody@127.0.0.1:1/none',
      },
    )} })
    shop.start()
    shop.pause()
    console.log(shop.pid)
  `
  const parent = spawn(
    process.execPath,
    ['--conditions=@waybill/source', '--input-type=module', '-e', script],
    {
      stdio: ['ignore', 'pipe', 'inherit'],
    },
  )
  const [line] = (await once(parent.stdout, 'data')) as [Buffer]
  const pid = Number(line.toString())
  process.kill(pid, 0)
  parent.kill('SIGKILL')
  await eventually(async () => assert.throws(() => process.kill(pid, 0), { code: 'ESRCH' }))
})
