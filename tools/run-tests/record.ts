import type { TestEvent } from 'node:test/reporters'

/*
 * A reporter of node's: a line of JSON for each event that tells how far a file has come. Whoever has to end the file
 * reads what it was at.
 */

/** How many tests came to which end. */
export type Counts = Readonly<
  Record<'tests' | 'suites' | 'passed' | 'failed' | 'cancelled' | 'skipped' | 'todo', number>
>

/** One line. */
export type Recorded =
  | { readonly begun: string; readonly id: string }
  | { readonly ended: string; readonly id: string }
  | { readonly failed: string; readonly because: string }
  | { readonly counts: Counts }

export default async function* record(events: AsyncIterable<TestEvent>): AsyncGenerator<string> {
  for await (const event of events) {
    const line = lineOf(event)
    if (line !== undefined) yield `${JSON.stringify(line)}\n`
  }
}

function lineOf({ type, data }: TestEvent): Recorded | undefined {
  if (type === 'test:dequeue') return { begun: data.name, id: idOf(data) }
  if (type === 'test:complete') return { ended: data.name, id: idOf(data) }
  // A suite fails with its tests; it counts if it failed by itself.
  if (type === 'test:fail' && !isOfSubtests(data.details.error)) {
    return { failed: data.name, because: reasonOf(data.details.error) }
  }
  // Its type lacks one of them.
  if (type === 'test:summary') return { counts: data.counts as object as Counts }
  return undefined
}

function idOf({
  name,
  nesting,
  line,
  column,
}: {
  name: string
  nesting: number
  line?: number | undefined
  column?: number | undefined
}): string {
  return [nesting, line, column, name].join()
}

/** The message of what the test threw: node wraps it. */
function reasonOf({ message, cause }: Error): string {
  return cause instanceof Error ? cause.message : message
}

function isOfSubtests(error: Error): boolean {
  return (error as { failureType?: string }).failureType === 'subtestsFailed'
}
