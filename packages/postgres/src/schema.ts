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
    enter: named('enter'),
    event: named('event'),
    eventSubject: named('event_subject'),
    entity: named('entity'),
    entityHot: named('entity_hot'),
    deadline: named('deadline'),
    queue: named('queue'),
    parked: named('parked'),
    /** A sequence, as a value. */
    tickets: raw(`'${`${quoted(schema)}.parked_ticket_seq`.replaceAll("'", "''")}'::regclass`),
    offsets: named('offsets'),
    inbox: named('inbox'),
    reply: named('reply'),
    sequence: named('sequence'),
    note: named('note'),
    expect: named('expect'),
    member: named('member'),
    share: named('share'),
    view: (name: string): Sql => named(`view_${name}`),
  }
}

/** The database's time in milliseconds since 1970. */
export const nowMs: Sql = raw('floor(extract(epoch from clock_timestamp()) * 1000)::bigint')

/** The same, asked once a statement: so an index can be searched for it. */
export const dbNow: Sql = raw(`(select ${nowMs.strings[0]!})`)

export function quoted(identifier: string): string {
  return `"${identifier.replaceAll('"', '""')}"`
}
