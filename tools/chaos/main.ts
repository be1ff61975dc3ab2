import { randomInt } from 'node:crypto'
import { parseArgs } from 'node:util'
import { startPostgres } from '@waybill/servers'
import { disturbanceHead, disturbanceRow, topicHead, topicRow } from './distributed/report.ts'
import { runDistributedChaos } from './distributed/run.ts'
import type { Verdict } from './judge.ts'
import { type Kill, runChaos } from './run.ts'

/*
 * npm run chaos [-- --kills N] [--seed N] [--postgres | --store postgres://…]
 * npm run chaos -- --distributed [--minutes N] [--rate N] [--seed N]
 *
 * The seed decides what is bought and what is done to the shop; how the two meet is up to the machine.
 */
const { values } = parseArgs({
  options: {
    kills: { type: 'string', default: '6' },
    seed: { type: 'string', default: String(randomInt(1_000_000)) },
    store: { type: 'string', default: 'pglite' },
    postgres: { type: 'boolean', default: false },
    distributed: { type: 'boolean', default: false },
    minutes: { type: 'string', default: '5' },
    rate: { type: 'string', default: '300' },
  },
})
const [kills, seed, minutes, perSecond] = [values.kills, values.seed, values.minutes, values.rate].map(Number)
if (!(kills! >= 1 && Number.isInteger(kills) && Number.isInteger(seed) && minutes! > 0 && perSecond! > 0)) {
  console.error('--kills takes a whole number from 1, --seed a whole number, --minutes and --rate a number.')
  process.exit(2)
}

const begin = performance.now()
console.log(`seed ${seed}\n`)
const verdict = values.distributed ? await distributed() : await inOneProcess()
summarise(verdict)
process.exitCode = verdict.broken.length === 0 ? 0 : 1

async function inOneProcess(): Promise<Verdict> {
  const server = values.postgres ? await startPostgres() : undefined
  console.log(row('accepted before', 'back after', 'killed'))
  try {
    return await runChaos({
      kills: kills!,
      seed: seed!,
      store: server?.url ?? values.store,
      killed: ({ moment, accepted, backSeconds }: Kill) =>
        console.log(row(String(accepted), `${backSeconds.toFixed(1)} s`, moment)),
    })
  } finally {
    await server?.stop()
  }
}

function distributed(): Promise<Verdict> {
  let topicsToldOf = 0
  return runDistributedChaos({
    seconds: minutes! * 60,
    perSecond: perSecond!,
    seed: seed!,
    told: {
      began: (usual) => {
        console.log(`${perSecond} orders are due and ${usual.toFixed(0)} flows end a second.\n`)
        console.log(disturbanceHead)
      },
      disturbed: (disturbance) => console.log(disturbanceRow(disturbance)),
      compared: (topic, order) => {
        if (topicsToldOf === 0) console.log(`\n${topicHead}`)
        topicsToldOf += 1
        console.log(topicRow(topic, order))
      },
    },
  })
}

function summarise({ accepted, ends, broken }: Verdict): void {
  const seconds = Math.round((performance.now() - begin) / 1_000)
  console.log(`\n${accepted} orders accepted in ${seconds} s:`)
  for (const [end, count] of [...ends].toSorted(([a], [b]) => a.localeCompare(b))) {
    console.log(row('', String(count), end))
  }
  console.log(broken.length === 0 ? '\nEvery invariant holds.' : `\nBROKEN:\n${broken.join('\n')}`)
}

function row(...[first, second, last]: [string, string, string]): string {
  return [first.padStart(15), second.padStart(12), `  ${last}`].join('')
}
