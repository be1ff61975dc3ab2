import { type EventDef, receivedBy, type ServiceDef, system, type SystemDef, view } from '@waybill/core'
import Type from 'typebox'

/** The name of the view by which a service is watched. */
export const auditName = 'simulation-audit'

const Row = Type.Object({ id: Type.String(), seen: Type.Array(Type.String()) })

/**
 * The same system, in which each service also notes what reaches it, in a view of its own: so each note is in the commit
 * that handles the event, and an event that is handled twice, never, or out of order stands so in it.
 */
export function audited(original: SystemDef): SystemDef {
  const services = original.services.map((service) => {
    const heard = [...receivedBy(service)].filter(({ topic }) => topic !== undefined)
    return heard.length === 0 ? service : { ...service, views: [...service.views, auditOf(heard)] }
  })
  return system(original.name, services, original.sagas, { retired: original.retired })
}

function auditOf(heard: readonly EventDef[]): ServiceDef['views'][number] {
  let audit: any = view(auditName, { key: 'id', row: Row })
  for (const event of heard) {
    audit = audit.on(
      event,
      (data: Record<string, unknown>) => auditKey(event.topic!.name, String(data[event.key!])),
      (
        row: { seen: readonly string[] } | undefined,
        _: unknown,
        { eventId }: { eventId: string },
        id: string,
      ) => ({
        id,
        seen: [...(row?.seen ?? []), eventId],
      }),
    )
  }
  return audit
}

/** What keeps its order: a topic and a key. */
export function auditKey(topic: string, key: string): string {
  return `${topic} ${key}`
}
