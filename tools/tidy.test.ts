import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { test } from 'node:test'

/**
 * Who may import whom among the packages; systems and tools stand above all of them. Tests, and what is for tests, may
 * also use `testing` and `servers`.
 */
const below: Record<string, readonly string[]> = {
  core: [],
  schema: ['core'],
  postgres: ['core'],
  kafka: ['core', 'schema'],
  testing: ['core'],
  servers: [],
  runtime: ['core'],
  cli: ['core', 'schema', 'postgres', 'kafka', 'runtime'],
}
/** Whom tests may also import: an engine's log and its store meet there. */
const besides: Record<string, readonly string[]> = { kafka: ['postgres'] }
const linesMax = 400

const files = execFileSync(
  'git',
  ['ls-files', '--cached', '--others', '--exclude-standard', '*.ts', '*.tsx'],
  {
    encoding: 'utf8',
  },
)
  .split('\n')
  .filter((file) => file !== '')
const sources = files.map((file) => ({ file, text: readFileSync(file, 'utf8') }))
const isTest = (file: string): boolean =>
  /\.test(?:\.fixture)?\.ts$/.test(file) || file.includes('/src/testing/')
const importsOf = (text: string): string[] =>
  [...text.matchAll(/(?:from|import) '([^']+)'/g)].map((found) => found[1]!)

test('imports point one way', () => {
  const wrong = sources.flatMap(({ file, text }) => {
    const home = /^packages\/([^/]+)\//.exec(file)?.[1]
    if (home === undefined) return []
    const forTests = ['testing', 'servers', 'core', ...(besides[home] ?? [])]
    const allowed = new Set([...below[home]!, home, ...(isTest(file) ? forTests : [])])
    return importsOf(text)
      .filter((name) => name.startsWith('@waybill/'))
      .filter((name) => !allowed.has(name.split('/')[1]!))
      .map((name) => `${file} imports ${name}`)
  })
  assert.deepEqual(wrong, [])
})

test('`tsc -b` knows every folder of packages and systems', () => {
  const { references } = JSON.parse(readFileSync('tsconfig.json', 'utf8')) as {
    references: { path: string }[]
  }
  const known = new Set(references.map(({ path }) => path))
  const folders = new Set(files.flatMap((file) => /^(?:packages|systems)\/[^/]+(?=\/)/.exec(file)?.[0] ?? []))
  const missing = [...folders].filter(
    (folder) => !known.has(folder) || !existsSync(`${folder}/tsconfig.json`),
  )
  assert.deepEqual(
    missing,
    [],
    'give it a tsconfig.json as systems/shop has, and name it in tsconfig.json here',
  )
})

test('packages and systems reach each other by name, not by path', () => {
  const wrong = sources.flatMap(({ file, text }) => {
    const home = /^(?:packages|systems)\/[^/]+\//.exec(file)?.[0]
    if (home === undefined) return []
    return importsOf(text)
      .filter((name) => name.startsWith('.'))
      .filter((name) => !new URL(name, `file:///${file}`).pathname.startsWith(`/${home}`))
      .map((name) => `${file} imports ${name}`)
  })
  assert.deepEqual(wrong, [])
})

test('core knows no Node, no clock and no randomness', () => {
  const banned =
    /\bnode:|Date\.now|Math\.random|new Date\(\)|setTimeout|setInterval|\bprocess\.\w|\bconsole\.\w/
  const wrong = sources
    .filter(({ file }) => file.startsWith('packages/core/src/') && !isTest(file))
    .flatMap(({ file, text }) => (banned.test(text) ? [`${file}: ${banned.exec(text)![0]}`] : []))
  assert.deepEqual(wrong, [])
})

test('systems hold business rules only', () => {
  const banned = /from 'node:|from 'pg'|\bsql`|\bselect \w+ from\b|\bsetTimeout\(/i
  const forTests = /^systems\/[^/]+\/(?:stories|distributed)\//
  const wrong = sources
    .filter(({ file }) => file.startsWith('systems/') && !isTest(file) && !forTests.test(file))
    .filter(({ file }) => !file.includes('-socket.'))
    .flatMap(({ file, text }) => (banned.test(text) ? [`${file}: ${banned.exec(text)![0]}`] : []))
  assert.deepEqual(wrong, [])
})

test('a file is one concept', () => {
  const long = sources
    .map(({ file, text }) => ({ file, lines: text.split('\n').length }))
    .filter(({ lines }) => lines > linesMax)
  assert.deepEqual(long, [])
})

test('what a file imports, its package declares', () => {
  const wrong = sources.flatMap(({ file, text }) => {
    const home = /^(?:packages|systems)\/[^/]+/.exec(file)?.[0]
    if (home === undefined) return []
    const manifest = JSON.parse(readFileSync(`${home}/package.json`, 'utf8')) as Record<
      string,
      Record<string, string>
    >
    const declared = { ...manifest['dependencies'], ...manifest['devDependencies'] }
    return importsOf(text)
      .filter((name) => !name.startsWith('.') && !name.startsWith('node:'))
      .map((name) =>
        name
          .split('/')
          .slice(0, name.startsWith('@') ? 2 : 1)
          .join('/'),
      )
      .filter((name) => name !== (manifest['name'] as unknown) && declared[name] === undefined)
      .map((name) => `${file} imports ${name}`)
  })
  assert.deepEqual(wrong, [])
})
