import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { Client } from 'pg'
import { Connection } from './connection.ts'
import { openPostgres } from './drivers/pg.ts'
import { preparedMax } from './prepared.ts'
import { type PostgresServer, startPostgres } from '@waybill/servers'

let server: PostgresServer

before(async () => {
  server = await startPostgres()
})

after(() => server.stop())

async function connected(): Promise<Connection> {
  const client = new Client({ connectionString: server.url, pipeline: true })
  const connection = new Connection(client, { name: 'prepared' })
  await client.connect()
  return connection
}

test('a connection keeps so many statements parsed, and those that are used', async () => {
  const connection = await connected()
  try {
    const ask = (n: number): Promise<unknown> =>
      connection.run({ text: `select ${n} + $1::int`, name: `ask_${n}`, values: [1] })
    const count = async (where = 'true'): Promise<number> =>
      Number(
        (await connection.run({ text: `select count(*) from pg_prepared_statements where ${where}` }))[0]![0],
      )
    for (let n = 0; n < 2 * preparedMax; n++) {
      await Promise.all([ask(n), ask(7), ask(n)])
      assert.deepEqual(await ask(n), [[n + 1]])
    }
    assert.equal(await count(), preparedMax)
    assert.equal(await count(`statement = 'select 7 + $1::int'`), 1)
    assert.equal(await count(`statement = 'select 8 + $1::int'`), 0)
    assert.deepEqual(await ask(8), [[9]])
    assert.equal(await count(), preparedMax)
  } finally {
    await connection.close()
  }
})

test('also in a transaction that has failed', async () => {
  const connection = await connected()
  try {
    const failing = connection.transaction(async ({ run }) => {
      await run({ text: 'select 1 / $1::int', name: 'failing', values: [0] }).catch(() => {})
      for (let n = 0; n < preparedMax + 5; n++) {
        await run({ text: `select ${n} + $1::int`, name: `in_${n}`, values: [1] }).catch(() => {})
      }
    })
    await assert.rejects(failing, /ROLLBACK/)
    for (let n = 0; n < preparedMax + 5; n++) {
      const rows = await connection.run({ text: `select ${n} + $1::int`, name: `in_${n}`, values: [1] })
      assert.equal(Number(rows[0]![0]), n + 1)
    }
  } finally {
    await connection.close()
  }
})

test('a database of several connections does the same', async () => {
  const database = openPostgres(server.url, { connections: 2 })
  try {
    const asks = Array.from({ length: 3 * preparedMax }, (_, n) =>
      database.read((run) => run({ text: `select ${n} + $1::int`, name: `of_${n}`, values: [1] })),
    )
    assert.deepEqual(
      (await Promise.all(asks)).map(([row]) => row![0]),
      asks.map((_, n) => n + 1),
    )
  } finally {
    await database.close()
  }
})
