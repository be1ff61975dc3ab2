import { memoryStore, needNothing, receivedBy, rowId } from '@waybill/core'
import { auditKey, auditName } from '../audited.ts'
import type { World } from '../world.ts'

/** Whether each event has reached each service that listens to it once, in the order of its key. */
export async function auditFaults({ original, data }: World): Promise<readonly string[]> {
  const faults: string[] = []
  for (const service of original.services) {
    const heard = [...receivedBy(service)].filter(({ topic }) => topic !== undefined)
    const expected = new Map<string, string[]>()
    for (const producer of original.services) {
      const types = new Set(
        heard.filter(({ type }) => original.producerOf.get(type) === producer).map(({ type }) => type),
      )
      if (types.size === 0) continue
      const topics = [...new Set(heard.map(({ topic }) => topic!.name))]
      const store = memoryStore(producer.name, data.get(producer.name))
      for (let after = 0, atEnd = false; !atEnd;) {
        const page = await store.published(after, topics, 1_000)
        for (const { id, type, topic, key } of page.events) {
          if (!types.has(type)) continue
          const name = auditKey(topic!, key)
          expected.set(name, [...(expected.get(name) ?? []), id])
        }
        ;({ upTo: after, atEnd } = page)
      }
    }
    const { rows } = await memoryStore(service.name, data.get(service.name)).load({
      ...needNothing,
      rows: [...expected.keys()].map((key) => ({ view: auditName, key })),
    })
    for (const [key, ids] of expected) {
      const row = rows.get(rowId(auditName, key)) as { seen: readonly string[] } | undefined
      const seen = row?.seen ?? []
      if (seen.join() !== ids.join()) {
        faults.push(
          `${service.name} has handled ${seen.join(', ') || 'nothing'} of ${key}, and was sent ${ids.join(', ')}`,
        )
      }
    }
  }
  return faults
}
