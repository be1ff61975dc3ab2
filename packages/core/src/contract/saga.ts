import { type Duration, toMs } from './duration.ts'
import type { EventDef } from './event.ts'

/**
 * A flow across services that always ends. Which steps lie between is not declared: it follows from the handlers.
 * The declaration says how the flow is recognised and when it is late: for monitoring and for documents.
 */
export interface SagaDef {
  readonly name: string
  readonly starts: EventDef
  /** The outcomes, each with the events that show it. */
  readonly ends: Readonly<Record<string, readonly EventDef[]>>
  readonly withinMs: number
}

/**
 * Declares a saga.
 * @param def.starts the event that begins an instance; its correlation id names the instance
 * @param def.ends the events that end it, by outcome: `{ confirmed: [PaymentCompleted], cancelled: [OrderCancelled] }`
 * @param def.within after this time an instance that has not ended is overdue
 */
export function saga(
  name: string,
  def: { starts: EventDef; ends: Record<string, readonly EventDef[]>; within: Duration },
): SagaDef {
  return { name, starts: def.starts, ends: def.ends, withinMs: toMs(def.within) }
}
