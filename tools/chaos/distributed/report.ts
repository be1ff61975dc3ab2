import type { KeyOrder } from './key-order.ts'
import type { Disturbance } from './witness.ts'

/** The tables of a run, line by line. */
export const disturbanceHead = row('at', 'for', 'accepts', 'pace back', 'p50', 'p99', 'what')

export function disturbanceRow(disturbance: Disturbance): string {
  const { what, at, lasted, acceptedAfter, backAfter, p50, p99, broken } = disturbance
  return [
    row(seconds(at), seconds(lasted), seconds(acceptedAfter), seconds(backAfter), ms(p50), ms(p99), what),
    ...broken.map((fault) => `  BROKEN: ${fault}`),
  ].join('\n')
}

export const topicHead = row('events', 'keys', 'repeated', 'wrong', '', '', 'topic')

export function topicRow(topic: string, { records, repetitions, keys, faults }: KeyOrder): string {
  const counts = [records - repetitions, keys, repetitions, faults.length].map(String)
  return row(...(counts as [string, string, string, string]), '', '', topic)
}

function seconds(value: number | undefined): string {
  return value === undefined ? 'never' : `${value.toFixed(1)} s`
}

function ms(value: number): string {
  return `${value.toFixed(0)} ms`
}

function row(...cells: readonly string[]): string {
  return [...cells.slice(0, -1).map((cell) => cell.padStart(10)), `  ${cells.at(-1)}`].join('')
}
