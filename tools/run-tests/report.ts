import type { Ran } from './run-file.ts'

const longestShown = 12
/** The end of what node's reporter says of a file. It stands once, for all. */
const summaryLine = /^ℹ (?:tests|suites|pass|fail|cancelled|skipped|todo|duration_ms) .*\n/gm

/** What a file has said, under its name. */
export function block({ file, seconds, output, faults }: Ran): string {
  const text = output.replaceAll(summaryLine, '').trimEnd()
  const mark = faults.length === 0 ? '✔' : '✖'
  return `\n${mark} ${file} (${seconds.toFixed(1)} s)\n${text}\n`
}

/** The last that is said: which files took longest, what is wrong, and the sums in the lines that TAP has for them. */
export function summary(all: readonly Ran[], { seconds }: { seconds: number }): string {
  const longest = all
    .toSorted((a, b) => b.seconds - a.seconds)
    .slice(0, longestShown)
    .map(({ file, seconds }) => `${seconds.toFixed(1).padStart(7)} s  ${file}`)
  const broken = all
    .filter(({ faults }) => faults.length > 0)
    .toSorted((a, b) => a.file.localeCompare(b.file))
    .flatMap(({ file, faults }) => [`✖ ${file}`, ...faults.map((fault) => `    ${fault}`)])
  const sum = (count: keyof Ran['counts']): number =>
    all.map(({ counts }) => counts[count]).reduce((a, b) => a + b, 0)
  return [
    '\nThe files that took longest:',
    ...longest,
    ...(broken.length === 0 ? [] : ['\nWhat failed:', ...broken]),
    '',
    `# tests ${sum('tests')}`,
    `# suites ${sum('suites')}`,
    `# pass ${sum('passed')}`,
    `# fail ${sum('failed')}`,
    `# cancelled ${sum('cancelled')}`,
    `# skipped ${sum('skipped')}`,
    `# todo ${sum('todo')}`,
    `# duration_ms ${Math.round(seconds * 1_000)}`,
  ].join('\n')
}
