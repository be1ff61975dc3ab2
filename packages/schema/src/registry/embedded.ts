import { WaybillError } from '@waybill/core'
import type { Change } from './change.ts'
import { configOf, type Contents, contentsOf, guidOf, levelOf, listed } from './contents.ts'
import { RegistryFault } from './fault.ts'
import { reasonsIn, refusalsOf } from './refusals.ts'
import { checkedWhole, registration } from './registration.ts'
import type { Registry } from './registry.ts'
import { memoryStorage, type RegistryStorage } from './storage.ts'

/** A registry inside the process, with all that its REST API shows. */
export interface EmbeddedRegistry extends Registry {
  contents(): Promise<Contents>
  /** Decides on its contents, and anew when another process was quicker, and keeps what was decided. */
  change<T>(decide: (contents: Contents) => Change<T>): Promise<T>
}

/**
 * A registry inside the process. Ids count from 1 in the order of registration. It keeps nothing beside its
 * storage, so that several processes may share one.
 */
export function createEmbeddedRegistry(storage: RegistryStorage = memoryStorage()): EmbeddedRegistry {
  const contents = async (): Promise<Contents> => contentsOf(await storage.load())

  async function change<T>(decide: (contents: Contents) => Change<T>): Promise<T> {
    for (;;) {
      const before = await contents()
      const { append, answer } = decide(before)
      if (append === undefined || (await storage.append(append, before.records))) return answer
    }
  }

  return {
    contents,
    change,

    register: (subject, schema) =>
      change((before) => registration(before, { subject, schema })).catch((error: unknown) => {
        throw error instanceof RegistryFault ? asOwnError(subject, error) : error
      }),

    async schemaById(id) {
      const { schemas } = await contents()
      if (typeof id === 'number') return schemas.get(id)?.whole
      return [...schemas.values()].find((kept) => guidOf(kept) === id)?.whole
    },

    async versions(subject) {
      return listed(await contents(), subject).map(({ version, id, whole }) => ({
        version,
        id,
        schema: whole,
      }))
    },

    async check(subject, schema) {
      const now = await contents()
      return reasonsIn(refusalsOf(now, subject, checkedWhole(now, { subject, schema })))
    },

    level: async (subject) => levelOf(await contents(), subject),

    setLevel: (subject, level) =>
      change((now) => ({ append: { ...configOf(now, subject), level }, answer: undefined })),
  }
}

function asOwnError(subject: string, { message, reasons }: RegistryFault): WaybillError {
  return reasons.length > 0
    ? new WaybillError('SCHEMA_INCOMPATIBLE', [subject, ...reasons].join('\n  - '))
    : new WaybillError('CONFIGURATION_INVALID', `The schema registry refuses ${subject}: ${message}`)
}
