import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { existsSync, globSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { test } from 'node:test'
import { pathToFileURL } from 'node:url'
import { promisify } from 'node:util'
import { catalogue, sizes } from '@waybill/core'

/*
 * Documents and code say the same. In the documents, a fence ```ts FILE or ```ts FILE#REGION holds that file or region,
 * byte for byte, and a fence ```text FILE holds what the file prints.
 */

interface Page {
  readonly file: string
  readonly text: string
}

/** A fenced block that names a file. */
interface Block {
  readonly page: string
  readonly language: string
  readonly source: string
  readonly region: string | undefined
  readonly text: string
}

const pages: readonly Page[] = [
  'README.md',
  'ARCHITECTURE.md',
  'CONTRIBUTING.md',
  'CHANGELOG.md',
  ...globSync('docs/**/*.md'),
  ...globSync('systems/*/README.md'),
].map((file) => ({ file, text: readFileSync(file, 'utf8') }))

const blocks: readonly Block[] = pages.flatMap(({ file, text }) =>
  Array.from(
    text.matchAll(/^```(\w+) ([\w./-]+)(?:#(\w+))?\n([^]*?)^```$/gm),
    ([, language, source, region, code]) => ({
      page: file,
      language: language!,
      source: source!,
      region,
      text: code!,
    }),
  ),
)

const examples = globSync('docs/examples/*.ts').filter((file) => !file.endsWith('.test.ts'))
const testsOfExamples = globSync('docs/examples/*.test.ts')

/** Runs a file as a reader would, and gives what it prints. */
async function run(...args: readonly string[]): Promise<string> {
  return plain('--conditions=@waybill/source', ...args)
}

/** The same as an editor does it, which knows nothing of the project. */
async function plain(...args: readonly string[]): Promise<string> {
  const environment = Object.entries(process.env).filter(([name]) => !name.startsWith('NODE_'))
  const { stdout } = await promisify(execFile)(process.execPath, args, {
    env: Object.fromEntries(environment),
  })
  return stdout
}

function regionOf(text: string, region: string): string | undefined {
  return new RegExp(`^// #region ${region}\n([^]*?)^// #endregion$`, 'm').exec(text)?.[1]
}

function codeOf({ source, region }: Block): string | undefined {
  const text = readFileSync(source, 'utf8')
  return region === undefined ? text.replaceAll(/^\/\/ #(?:end)?region.*\n/gm, '') : regionOf(text, region)
}

/** The cells of all rows of a page's tables whose first cell is a code in backticks. */
function rowsOf(page: string, heading: string): readonly (readonly string[])[] {
  const text = readFileSync(page, 'utf8')
  const section = text.slice(text.indexOf(`\n${heading}\n`)).split(/\n##? /)[1] ?? ''
  return section
    .split('\n')
    .filter((line) => line.startsWith('| `'))
    .map((line) =>
      line
        .slice(1, -1)
        .split('|')
        .map((cell) => cell.trim()),
    )
}

test('code in the documents is that of the files it names', () => {
  const code = blocks.filter(({ language }) => language === 'ts')
  assert.notEqual(code.length, 0)
  for (const block of code) {
    assert.equal(
      block.text,
      codeOf(block),
      `${block.page}: ${block.source}${block.region === undefined ? '' : `#${block.region}`}`,
    )
  }
})

test('examples run, and print what the documents say', async () => {
  assert.notEqual(examples.length, 0)
  const printed = new Map(await Promise.all(examples.map(async (file) => [file, await run(file)] as const)))
  for (const { page, source, text } of blocks.filter(({ language }) => language === 'text')) {
    assert.equal(text, printed.get(source), `${page}: what ${source} prints`)
  }
})

test('tests in the examples pass', async () => {
  await run('--test', ...testsOfExamples)
})

test('the error catalogue and its page say the same', async () => {
  const page = 'docs/reference/errors.md'
  const documented = rowsOf(page, '## Codes of Waybill').map(([code, family, help]) => [code, family, help])
  const declared = Object.entries(catalogue).map(([code, { family, help }]) => [`\`${code}\``, family, help])
  assert.deepEqual(documented, declared)
  // Not exported: only the gateway answers with these.
  const { gatewayProblems } = (await import(pathToFileURL('packages/runtime/src/http/problem.ts').href)) as {
    gatewayProblems: Readonly<Record<string, { status: number }>>
  }
  const answers = rowsOf(page, '## Codes of the gateway').map(([code, status]) => [code, status])
  const answered = Object.entries(gatewayProblems).map(([code, { status }]) => [
    `\`${code}\``,
    String(status),
  ])
  assert.deepEqual(answers, answered)
})

test('the sizes and their page say the same', () => {
  const documented = rowsOf('docs/reference/limits.md', '## Sizes').map(([name, value]) => [name, value])
  const declared = Object.entries(sizes).map(([name, value]) => [`\`${name}\``, String(value)])
  assert.deepEqual(documented, declared)
})

test('every variable that is read is documented, and no other', () => {
  const source = globSync('packages/runtime/src/config/*.ts')
    .map((file) => readFileSync(file, 'utf8'))
    .join('\n')
  const read = Array.from(source.matchAll(/read(Secret)?\('(WAYBILL_\w+)'/g), ([, secret, name]) =>
    secret === undefined ? [name!] : [name!, `${name}_FILE`],
  ).flat()
  const fixed = (names: readonly string[]): string[] =>
    [...new Set(names)].filter((name) => !name.startsWith('WAYBILL_PORT_')).toSorted()
  for (const page of ['docs/reference/configuration.md', 'README.md']) {
    const named = Array.from(readFileSync(page, 'utf8').matchAll(/`(WAYBILL_\w+)`/g), ([, name]) => name!)
    const unknown = fixed(named).filter((name) => !read.includes(name))
    assert.deepEqual(unknown, [], `${page} names variables that nobody reads`)
    if (page.startsWith('docs/')) assert.deepEqual(fixed(named), fixed(read), page)
  }
})

test('links and paths lead somewhere', () => {
  const dead = pages.flatMap(({ file, text }) => {
    const prose = text.replaceAll(/^```[^]*?^```$/gm, '')
    const links = Array.from(prose.matchAll(/\]\((?!https?:|#)([^)#]+)(?:#[^)]*)?\)/g), ([, to]) =>
      join(dirname(file), to!),
    )
    const paths = Array.from(
      prose.matchAll(/`((?:packages|systems|tools|bench|docs)\/[\w./-]+)`/g),
      ([, path]) => path!,
    )
    return [...links, ...paths].filter((to) => !existsSync(to)).map((to) => `${file}: ${to}`)
  })
  assert.deepEqual(dead, [])
})

test('every npm script that the documents name exists', () => {
  const { scripts } = JSON.parse(readFileSync('package.json', 'utf8')) as { scripts: Record<string, string> }
  const named = pages.flatMap(({ file, text }) =>
    Array.from(text.matchAll(/npm run (?:-s )?([\w:-]+)/g), ([, name]) => ({ file, name: name! })),
  )
  assert.deepEqual(
    named.filter(({ name }) => scripts[name] === undefined),
    [],
  )
})

test('decisions are numbered without gaps, listed, and short', () => {
  const files = globSync('docs/adr/[0-9]*.md').toSorted()
  const index = readFileSync('docs/adr/README.md', 'utf8')
  for (const [n, file] of files.entries()) {
    const name = file.slice('docs/adr/'.length)
    assert.equal(name.slice(0, 4), String(n + 1).padStart(4, '0'), file)
    assert.ok(index.includes(`(${name})`), `${name} is not in the index`)
    const text = readFileSync(file, 'utf8')
    const headings = Array.from(text.matchAll(/^## (.+)$/gm), ([, heading]) => heading)
    assert.deepEqual(headings, ['Context', 'Decision', 'Consequences'], file)
    assert.ok(text.split(/\s+/).length <= 600, `${name} is longer than a page`)
  }
})

test('a plain node runs an example', async () => {
  await plain('tools/entries.ts')
  assert.match(await plain('docs/examples/first-system.ts'), /ParcelRefused/)
})
