import { globSync } from 'node:fs'
import { chmod, mkdtemp, rm } from 'node:fs/promises'
import { availableParallelism, tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { endOfWork, lenderVariable, openLender } from '@waybill/servers'
import { block, summary } from './report.ts'
import { type Ran, runFile } from './run-file.ts'

const usage = `npm test                             runs all test files
npm test -- packages/kafka gateways  only those with one of these in their paths
  --limit 300   seconds that a file may take
  --jobs 2      files that run at the same time`

/** The longest first, so that none of them runs on alone at the end. */
const longest = [
  'systems/shop/distributed/',
  'packages/postgres/',
  'packages/kafka/',
  'tools/chaos/',
  'packages/cli/',
]

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    limit: { type: 'string', default: '300' },
    jobs: { type: 'string', default: String(Math.max(2, availableParallelism())) },
    help: { type: 'boolean', short: 'h' },
  },
})
const [limitS, jobs] = [Number(values.limit), Number(values.jobs)]
if (values.help === true || !(limitS > 0 && jobs >= 1)) {
  console.log(usage)
  process.exit(values.help === true ? 0 : 2)
}

const files = globSync('{packages,systems,tools,bench}/**/*.test.ts', { exclude: ['**/node_modules/**'] })
  .filter((file) => positionals.length === 0 || positionals.some((part) => file.includes(part)))
  .toSorted((a, b) => rank(a) - rank(b) || a.localeCompare(b))
if (files.length === 0) {
  console.error(`No test file has ${positionals.join(' or ')} in its path.`)
  process.exit(2)
}
process.exit(await run())

async function run(): Promise<number> {
  const end = endOfWork()
  const began = performance.now()
  const lender = await openLender()
  const folder = await mkdtemp(join(tmpdir(), 'waybill-tests-'))
  // Servers run as users of their own.
  await chmod(folder, 0o755)
  const env = {
    ...process.env,
    [lenderVariable]: lender.address,
    TMPDIR: folder,
    // All files load the same modules.
    NODE_COMPILE_CACHE: join(folder, 'compiled'),
    // Node would not report, but speak to a runner of its own.
    NODE_TEST_CONTEXT: undefined,
  }
  const all: Ran[] = []
  const waiting = files.values()
  async function work(): Promise<void> {
    for (const file of waiting) {
      if (end.aborted) return
      const ran = await runFile(file, { folder, limitS, env, end })
      if (end.aborted) return
      all.push(ran)
      console.log(block(ran))
    }
  }

  try {
    await Promise.all(Array.from({ length: jobs }, work))
  } finally {
    await lender.stop()
    await rm(folder, { recursive: true, force: true, maxRetries: 10 })
  }
  if (end.aborted) return 130
  console.log(summary(all, { seconds: (performance.now() - began) / 1_000 }))
  return all.every(({ faults }) => faults.length === 0) ? 0 : 1
}

function rank(file: string): number {
  const place = longest.findIndex((start) => file.startsWith(start))
  return place === -1 ? longest.length : place
}
