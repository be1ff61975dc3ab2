import type { Loaded, PublishedPage, Store, Write } from '@waybill/core'
import type { Closing } from '../case.ts'
import { memoryContext } from '../memory-context.ts'
import type { StoreContext } from './context.ts'

/** A store with one defect, which the cases of its group must notice. */
export interface Canary {
  readonly defect: string
  readonly group: string
  open(): StoreContext & Closing
}

/** A defect of the whole store. */
export function canary(group: string, defect: string, wrap: (store: Store) => Store): Canary {
  return { defect, group, open: () => memoryContext(wrap) }
}

/** A defect in what is written. */
export function writing(
  group: string,
  defect: string,
  change: (write: Write, store: Store, loaded: Loaded) => Promise<Write> | Write,
): Canary {
  return canary(group, defect, (store) => ({
    ...store,
    transact: (need, decide) =>
      store.transact(need, async (loaded, more) => change(await decide(loaded, more), store, loaded)),
  }))
}

/** A defect in what `published` gives. */
export function publishing(
  group: string,
  defect: string,
  change: (page: PublishedPage, limit: number) => PublishedPage,
): Canary {
  return canary(group, defect, (store) => ({
    ...store,
    published: async (after, topics, limit) => change(await store.published(after, topics, limit), limit),
  }))
}
