import { randomInt } from 'node:crypto'
import { parseArgs } from 'node:util'
import { startPostgres } from '@waybill/servers'
import { type Kill, runChaos } from './run.ts'

/*
 * npm run chaos [-- --kills N] [--seed N] [--postgres | --store postgres://…]
 *
 * The seed decides what is bought and when a kill comes; how the two meet is up to the machine.
 */
const { values } = parseArgs({
  options: {
    kills: { type: 'string', default: '6' },
    seed: { type: 'string', default: String(randomInt(1_000_000)) },
    store: { type: 'string', default: 'pglite' },
    postgres: { type: 'boolean', default: false },
  },
})
const kills = Number(values.kills)
const seed = Number(values.seed)
if (!(kills >= 1 && Number.isInteger(kills) && Number.isInteger(seed))) {
  console.error('--kills takes a whole number from 1, --seed a whole number.')
  process.exit(2)
}

const begin = performance.now()
const server = values.postgres ? await startPostgres() : undefined
console.log(`seed ${seed}\n`)
console.log(row('accepted before', 'back after', 'killed'))
try {
  const { accepted, ends, broken } = await runChaos({
    kills,
    seed,
    store: server?.url ?? values.store,
    killed: ({ moment, accepted, backSeconds }: Kill) =>
      console.log(row(String(accepted), `${backSeconds.toFixed(1)} s`, moment)),
  })
  const seconds = Math.round((performance.now() - begin) / 1_000)
  console.log(`\n${accepted} orders accepted in ${seconds} s:`)
  for (const [end, count] of [...ends].toSorted(([a], [b]) => a.localeCompare(b))) {
    console.log(row('', String(count), end))
  }
  console.log(broken.length === 0 ? '\nEvery invariant holds.' : `\nBROKEN:\n${broken.join('\n')}`)
  process.exitCode = broken.length === 0 ? 0 : 1
} finally {
  await server?.stop()
}

function row(...[first, second, last]: [string, string, string]): string {
  return [first.padStart(15), second.padStart(12), `  ${last}`].join('')
}
