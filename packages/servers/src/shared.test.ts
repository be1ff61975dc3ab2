import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { Client } from 'pg'
import { type Lender, openLender } from './lender.ts'
import { createSetup } from './setup.ts'
import { lenderVariable, sharedPostgres } from './shared.ts'

describe('A shared PostgreSQL', () => {
  const setup = createSetup()
  const usual = process.env[lenderVariable]
  let lender: Lender
  before(async () => {
    ;[lender] = await setup.start(openLender)
    process.env[lenderVariable] = lender.address
  })
  after(() => {
    if (usual === undefined) delete process.env[lenderVariable]
    else process.env[lenderVariable] = usual
    return setup.end()
  })

  async function ask(url: string, text: string): Promise<unknown[]> {
    const client = new Client(url)
    await client.connect()
    return (await client.query({ text, rowMode: 'array' }).finally(() => client.end())).rows.flat()
  }

  it('is one server, with a database for each who asks, which goes with them', async () => {
    const [one, two] = await Promise.all([sharedPostgres(), sharedPostgres()])
    assert.equal(new URL(one.url).host, new URL(two.url).host)
    await ask(one.url, 'create table mine as select 1 as n')
    await assert.rejects(ask(two.url, 'select * from mine'), { code: '42P01' })
    const forgotten = new Client(one.url)
    forgotten.on('error', () => {})
    await forgotten.connect()
    await one.stop()
    await assert.rejects(ask(one.url, 'select 1'), { code: '3D000' })
    assert.deepEqual(await ask(two.url, 'select 1'), [1])
    await two.stop()
  })

  it('ends with its lender', async () => {
    const { url } = await sharedPostgres()
    await lender.stop()
    await assert.rejects(ask(url, 'select 1'), { code: 'ECONNREFUSED' })
    await assert.rejects(sharedPostgres(), /fetch failed/)
  })
})

it('Nobody lends: each has a server of its own', async (test) => {
  const usual = process.env[lenderVariable]
  delete process.env[lenderVariable]
  test.after(() => usual !== undefined && (process.env[lenderVariable] = usual))
  const setup = createSetup()
  const [one, two] = await setup.start(sharedPostgres, sharedPostgres)
  await setup.end()
  assert.notEqual(new URL(one.url).host, new URL(two.url).host)
})
