import { readdirSync, readFileSync } from 'node:fs'

const ticksPerSecond = 100

/**
 * CPU seconds of a process and all its descendants, also those that have ended (Linux; 0 elsewhere).
 * A PostgreSQL server is many processes, and its backends come and go.
 */
export function cpuSecondsOf(pid: number): number {
  const children = new Map<number, number[]>()
  const ticks = new Map<number, number>()
  for (const name of processes()) {
    const stat = readStat(name)
    if (stat === undefined) continue
    children.set(stat.parent, [...(children.get(stat.parent) ?? []), Number(name)])
    ticks.set(Number(name), stat.ticks)
  }
  const sum = (of: number): number =>
    (ticks.get(of) ?? 0) + (children.get(of) ?? []).map(sum).reduce((a, b) => a + b, 0)
  return sum(pid) / ticksPerSecond
}

function processes(): string[] {
  try {
    return readdirSync('/proc').filter((name) => /^\d+$/.test(name))
  } catch {
    return []
  }
}

function readStat(pid: string): { parent: number; ticks: number } | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    const fields = stat
      .slice(stat.lastIndexOf(')') + 2)
      .split(' ')
      .map(Number)
    // utime, stime, and what its ended children have used
    return { parent: fields[1]!, ticks: fields[11]! + fields[12]! + fields[13]! + fields[14]! }
  } catch {
    return undefined
  }
}
