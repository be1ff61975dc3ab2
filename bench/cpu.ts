import { cpuSecondsOf } from '@waybill/servers'

/**
 * Begins to measure processes, given by name.
 * @returns ends it: CPU seconds since then, by name
 */
export function watchCpu(pids: Readonly<Record<string, number>>): () => Record<string, number> {
  const read = (): (readonly [string, number])[] =>
    Object.entries(pids).map(([name, pid]) => [name, cpuSecondsOf(pid)])
  const before = read()
  return () => Object.fromEntries(read().map(([name, seconds], at) => [name, seconds - before[at]![1]]))
}
