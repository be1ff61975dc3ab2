import { randomUUID } from 'node:crypto'
import { Client } from 'pg'
import { Connection } from '../connection.ts'
import type { Database } from '../database.ts'
import { pooled } from '../pool.ts'
import { resultTypes } from '../result-types.ts'
import { idleInTransactionMs, plannerSettings } from './settings.ts'

const statementTimeoutMs = 30_000
/** Opens a database of a PostgreSQL server; connects when it is first used. */
export function openPostgres(url: string, options: { readonly connections?: number } = {}): Database {
  const connect = async (): Promise<Connection> => {
    const name = `waybill ${randomUUID()}`
    const client = new Client({
      connectionString: url,
      application_name: name,
      pipeline: true,
      types: resultTypes,
      keepAlive: true,
      connectionTimeoutMillis: 5_000,
      statement_timeout: statementTimeoutMs,
      idle_in_transaction_session_timeout: idleInTransactionMs,
      // The server's own limit comes first; this one is for a server that is gone without a word.
      query_timeout: statementTimeoutMs + 5_000,
      options: Object.entries(plannerSettings)
        .map(([setting, value]) => `-c ${setting}=${value}`)
        .join(' '),
    })
    const connection = new Connection(client, { name })
    await client.connect()
    return connection
  }
  return pooled({ size: options.connections ?? 8, connect })
}
