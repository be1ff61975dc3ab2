import { existsSync, globSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'

/*
 * Before the packages are built, what their `default` exports name is not there, and a plain `node` that was not told the
 * condition `@waybill/source`, as an editor's run button starts it, finds nothing. Until `tsc -b` has built them, these
 * files lead to the sources.
 */

interface Entry {
  readonly '@waybill/source': string
  readonly default: string
}

const root = dirname(import.meta.dirname)
for (const file of globSync('packages/*/package.json', { cwd: root })) {
  const folder = join(root, dirname(file))
  const { exports } = JSON.parse(readFileSync(join(root, file), 'utf8')) as { exports: Record<string, Entry> }
  for (const entry of Object.values(exports)) {
    const built = join(folder, entry.default)
    if (existsSync(built)) continue
    mkdirSync(dirname(built), { recursive: true })
    const source = relative(dirname(built), join(folder, entry['@waybill/source']))
    writeFileSync(built, `export * from '${source}'\n`)
  }
}
