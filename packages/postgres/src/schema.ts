import { type Sql, raw } from './sql.ts'

/** The schema of a service: `order` of the system `shop` has `shop_order`. */
export function schemaOf(system: string, service: string): string {
  return `${system}_${service}`.replaceAll('-', '_')
}

/** The names of a service's tables, with their schema. */
export type Tables = ReturnType<typeof tablesIn>

export function tablesIn(schema: string) {
  const named = (name: string): Sql => raw(`${quoted(schema)}.${quoted(name)}`)
  return {
    head: named('head'),
    event: named('event'),
    eventSubject: named('event_subject'),
    entity: named('entity'),
    deadline: named('deadline'),
    parked: named('parked'),
    offsets: named('offsets'),
    inbox: named('inbox'),
    reply: named('reply'),
    sequence: named('sequence'),
    expect: named('expect'),
    member: named('member'),
    share: named('share'),
    view: (name: string): Sql => named(`view_${name}`),
  }
}

export function quoted(identifier: string): string {
  return `"${identifier.replaceAll('"', '""')}"`
}
