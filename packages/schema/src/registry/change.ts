import type { RegistryRecord } from './storage.ts'

/** What is to become of a registry's contents, and what to answer. */
export interface Change<T> {
  /** Without it nothing changes. */
  readonly append?: RegistryRecord
  readonly answer: T
}
