import type { EventHead } from '@waybill/core'

/**
 * The W3C trace context of an event that was given none from outside: the trace is its flow, the span is the event, and
 * both are sampled. So the hops of a flow find together, though nobody started a trace.
 */
export function derivedTraceparent({ correlationId, id }: Pick<EventHead, 'correlationId' | 'id'>): string {
  return `00-${correlationId.replaceAll('-', '')}-${id.slice(19).replace('-', '')}-01`
}
