import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { Client } from 'pg'
import { isGone } from './is-gone.ts'
import { startPostgres } from './postgres.ts'

async function ask(url: string, text: string): Promise<unknown[]> {
  const client = new Client(url)
  await client.connect()
  try {
    return (await client.query({ text, rowMode: 'array' })).rows.flat()
  } finally {
    await client.end()
  }
}

test('PostgreSQL is the same one after it was killed and started again', async () => {
  const server = await startPostgres()
  try {
    await ask(server.url, 'create table kept as select 7 as n')
    const [first] = await ask(server.url, 'select pg_backend_pid()')
    const killed = server.pid!
    await server.kill()
    assert.equal(server.pid, undefined)
    assert.ok(isGone(killed) && isGone(first as number))
    await assert.rejects(ask(server.url, 'select 1'), { code: 'ECONNREFUSED' })

    await server.start()
    assert.deepEqual(await ask(server.url, 'select n from kept'), [7])
    assert.deepEqual(await ask(server.url, 'show fsync'), ['on'])
  } finally {
    await server.stop()
  }
  await assert.rejects(ask(server.url, 'select 1'), { code: 'ECONNREFUSED' })
})

test('It starts for root, too, where the temporary folder is root’s alone', async (t) => {
  const closed = mkdtempSync(join(tmpdir(), 'waybill-closed-'))
  const before = process.env['TMPDIR']
  t.after(() => {
    if (before === undefined) delete process.env['TMPDIR']
    else process.env['TMPDIR'] = before
    rmSync(closed, { recursive: true })
  })
  process.env['TMPDIR'] = closed
  const server = await startPostgres()
  assert.deepEqual(await ask(server.url, 'select 1').finally(server.stop), [1])
})
