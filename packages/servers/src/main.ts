import { parseArgs } from 'node:util'
import { endOfWork } from './end-of-work.ts'
import { type Services, startServices } from './services.ts'

const usage = `npm run services            starts Kafka, PostgreSQL, a schema registry and Redis, until Ctrl-C
npm run services -- --json  the same; prints their addresses as one line of JSON when all are ready`

const { values } = parseArgs({
  options: { json: { type: 'boolean' }, help: { type: 'boolean', short: 'h' } },
})
if (values.help) console.log(usage)
else await run(values.json ? (addresses) => JSON.stringify(addresses) : explain)

async function run(words: (addresses: Services['addresses']) => string): Promise<void> {
  const end = endOfWork()
  try {
    console.error(
      'Starting Kafka, PostgreSQL, a schema registry and Redis. The first time, they are fetched.',
    )
    const services = await startServices(end)
    console.log(words(services.addresses))
    if (!end.aborted) await new Promise((resolve) => end.addEventListener('abort', resolve))
    await services.stop()
    process.exit()
  } catch (error) {
    if (end.aborted) process.exit()
    const errors: unknown[] = error instanceof AggregateError ? error.errors : [error]
    for (const message of new Set(errors.map(messageOf))) console.error(message)
    process.exit(1)
  }
}

function explain({ kafka, postgres, registry, redis }: Services['addresses']): string {
  return `
  Kafka       ${kafka}
  PostgreSQL  ${postgres}
  registry    ${registry}
  Redis       ${redis}

For the processes of a system:

export WAYBILL_STORE=${postgres}
export WAYBILL_LOG=kafka://${kafka}
export WAYBILL_REGISTRY=${registry}
export WAYBILL_REDIS=${redis}

Their data are temporary: Ctrl-C ends the servers and deletes them.`
}

function messageOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  return error.cause instanceof Error ? `${error.message}\n${error.cause.message}` : error.message
}
