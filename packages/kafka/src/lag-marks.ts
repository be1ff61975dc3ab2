import type { Offset } from '@waybill/core'
import type { GroupMember } from './group-member.ts'

/**
 * Commits to Kafka how far a group has come, once in a while: for tools that show lag. What counts is saved elsewhere,
 * so a commit that fails is left for the next time.
 */
export interface LagMarks {
  saved(offsets: readonly Offset[]): void
  /** Commits once more, unless that takes longer than a second. */
  close(): Promise<void>
}

const everyMs = 1_000

export function lagMarks(member: GroupMember): LagMarks {
  const latest = new Map<string, Offset>()
  let isNew = false
  let running = Promise.resolve()

  async function commit(): Promise<void> {
    if (!isNew) return
    isNew = false
    await member.commit([...latest.values()]).catch(() => {
      isNew = true
    })
  }

  const timer = setInterval(() => {
    running = running.then(commit)
  }, everyMs)
  return {
    saved: (offsets) => {
      for (const offset of offsets) latest.set(`${offset.source}/${offset.partition}`, offset)
      isNew = true
    },
    close: async () => {
      clearInterval(timer)
      const patience = Promise.withResolvers<void>()
      const impatience = setTimeout(patience.resolve, everyMs)
      await Promise.race([running.then(commit), patience.promise])
      clearTimeout(impatience)
    },
  }
}
