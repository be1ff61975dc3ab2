import { parentPort, workerData } from 'node:worker_threads'
import { PGlite } from '@electric-sql/pglite'
import { plannerSettings } from './settings.ts'

/* Answers messages of PostgreSQL's wire protocol; an empty one closes the database. */

/** After so much was written; else the server's log grows, and with it the time to open the folder after a crash. */
const checkpointBytes = 32 * 1024 * 1024

/** Every so many checkpoints the room of dead rows is made free. */
const checkpointsToVacuum = 4

const port = parentPort!
const database = await PGlite.create({
  dataDir: workerData as string,
  startParams: [
    ...PGlite.defaultStartParams,
    ...Object.entries(plannerSettings).flatMap(([setting, value]) => ['-c', `${setting}=${value}`]),
  ],
})
let written = 0
let checkpoints = 0

port.on('message', async (message: Uint8Array | undefined) => {
  if (message === undefined) {
    await database.close()
    port.close()
    return
  }
  const chunks: Uint8Array[] = []
  await database.execProtocolRawStream(message, {
    syncToFs: false,
    onRawData: (chunk) => chunks.push(chunk.slice()),
  })
  const answer = new Uint8Array(Buffer.concat(chunks))
  port.postMessage(answer, [answer.buffer])

  written += message.length
  if (written > checkpointBytes && !database.isInTransaction()) await maintain()
})
port.postMessage('ready')

/** What a server has processes of its own for. */
async function maintain(): Promise<void> {
  written = 0
  checkpoints++
  if (checkpoints % checkpointsToVacuum === 0) {
    // Not the events: none of them ever dies.
    const { rows } = await database.query<{ names: string }>(
      `select string_agg(oid::regclass::text, ', ') as names from pg_class
        where relkind = 'r' and relname <> 'event' and not starts_with(relnamespace::regnamespace::text, 'pg_')`,
    )
    await database.exec(`vacuum ${rows[0]!.names}`)
  }
  await database.exec('checkpoint')
}
