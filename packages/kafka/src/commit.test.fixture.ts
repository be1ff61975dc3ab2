import { needNothing, type NewEvent, type Store, writeNothing } from '@waybill/core'

/** Commits events and nothing else, as one batch. */
export async function commit(store: Store, events: readonly NewEvent[]): Promise<void> {
  await store.transact(needNothing, () => ({ ...writeNothing, events }))
}
