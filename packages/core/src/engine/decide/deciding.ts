import type { Meta } from '../../contract/meta.ts'
import type { ServiceDef } from '../../contract/service.ts'
import type { Ids } from '../../ports/ids.ts'
import type { NewReply, StoredReply } from '../../ports/store.ts'
import type { Parking } from '../aside/parking.ts'
import type { Cause, Draft } from './draft.ts'

/** What one pass over a batch has in hand: each decision reads from it and adds to it. */
export interface Deciding {
  readonly service: ServiceDef
  readonly changes: Draft
  readonly aside: Parking
  /** Answers of earlier commands, also of this batch, by slot. */
  readonly replies: Map<string, StoredReply>
  readonly newReplies: NewReply[]
  /** Ids of received events: one may come twice in a batch. */
  readonly seen: Set<string>
  /** The time that the batch's events carry. */
  readonly now: number
  meta(cause: Pick<Cause, 'eventId' | 'correlationId'>): Meta
}

export function metaOf(now: number, ids: Ids): Deciding['meta'] {
  const at = new Date(now)
  const newId = (): string => ids.newId()
  return ({ eventId, correlationId }) => ({ eventId, correlationId, at, newId })
}
