import { parentPort, workerData } from 'node:worker_threads'
import { PGlite } from '@electric-sql/pglite'
import { plannerSettings } from './settings.ts'

/* Answers messages of PostgreSQL's wire protocol; an empty one closes the database. */

const port = parentPort!
const database = await PGlite.create({
  dataDir: workerData as string,
  startParams: [
    ...PGlite.defaultStartParams,
    ...Object.entries(plannerSettings).flatMap(([setting, value]) => ['-c', `${setting}=${value}`]),
  ],
})

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
})
port.postMessage('ready')
