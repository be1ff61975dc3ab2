import { command, entity, type EventDef, service, type SystemDef, system } from '@waybill/core'
import { Type } from 'typebox'

/** A system called `shop` with these events. */
export function shopWith(...events: readonly EventDef[]): SystemDef {
  const act = command('act', {
    input: Type.Object({}),
    at: entity('thing', {}),
    id: () => 'one',
    emits: events,
    decide: () => undefined,
  })
  return system('shop', [service('order', { entities: [act.entity], commands: [act] })])
}
