import type { Log, NewEvent, TopicDef } from '@waybill/core'
import type { Case } from '../case.ts'

/** A service that publishes, with the topics that are its own. */
export interface Producer {
  readonly service: string
  readonly topics: readonly [TopicDef, TopicDef]
  /** Commits events as one batch and has them published; may return before they are. */
  publish(events: readonly NewEvent[]): Promise<void>
}

/** The log under test. */
export interface LogContext {
  /** Two of them; nobody has published anything yet. */
  readonly producers: readonly [Producer, Producer]
  /** The log as one more process has it. */
  connect(): Promise<Log>
}

export type LogCase = Case<LogContext, never>

/** Names the cases of one group. */
export function group(name: string, cases: Readonly<Record<string, LogCase['run']>>): readonly LogCase[] {
  return Object.entries(cases).map(([sentence, run]) => ({ group: name, name: sentence, run }))
}
