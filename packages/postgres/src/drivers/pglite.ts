import { join } from 'node:path'
import { Client } from 'pg'
import { Connection } from '../connection.ts'
import type { Database } from '../database.ts'
import { pooled } from '../pool.ts'
import { resultTypes } from '../result-types.ts'
import { lockFolder } from './folder-lock.ts'
import { ownFolder } from './own-folder.ts'
import { idleInTransactionMs } from './settings.ts'
import { WorkerStream } from './worker-stream.ts'

/**
 * Opens the database in a folder, which is made if it is not there. It has one session: transactions take turns.
 * Nothing is lost when the process is killed; a power cut can lose what was written last.
 * @throws DATA_FOLDER_IN_USE, DATA_FOLDER_OPEN
 */
export async function openPglite(folder: string): Promise<Database> {
  await ownFolder(folder)
  const unlock = await lockFolder(folder)
  const connect = async (): Promise<Connection> => {
    const stream = new WorkerStream(join(folder, 'pglite'))
    const client = new Client({ user: 'postgres', pipeline: true, types: resultTypes, stream: () => stream })
    const connection = new Connection(client, { name: 'pglite', idleMs: idleInTransactionMs })
    await client.connect()
    return connection
  }
  const database = pooled({ size: 1, connect, closed: unlock })
  try {
    await database.read((run) => run({ text: 'select 1' }))
  } catch (error) {
    await database.close()
    throw error
  }
  return database
}
