import { type SystemDef, WaybillError } from '@waybill/core'
import { type Database, schemaOf } from '@waybill/postgres'

/**
 * Refuses a system that lacks a service with a history: under another name it would begin with nothing.
 * @param name of the application, by which its tables are found
 * @throws DEFINITION_CHANGED naming each, unless it is `retired`
 */
export async function checkServices(database: Database, name: string, system: SystemDef): Promise<void> {
  const declared = system.services.map((service) => service.name)
  const known = await database.read((run) =>
    run({ text: 'select service from waybill.service where system = $1', values: [name] }),
  )
  const missing = known
    .map(([service]) => service as string)
    .filter((service) => ![...declared, ...system.retired].includes(service))
  const faults: string[] = []
  for (const service of missing) {
    const events = await eventsOf(database, name, service)
    if (events > 0)
      faults.push(`service ${service}: its history has ${events} events, and it is no longer declared`)
  }
  if (faults.length > 0) {
    throw new WaybillError(
      'DEFINITION_CHANGED',
      [`The system ${name} does not fit the data that it has:`, ...faults].join('\n  - '),
    )
  }
  await database.read((run) =>
    run({
      // What is gone stays: else the start after the next would miss nothing.
      text: `insert into waybill.service select $1, jsonb_array_elements_text($2::jsonb) on conflict do nothing`,
      values: [name, JSON.stringify(declared)],
    }),
  )
}

async function eventsOf(database: Database, name: string, service: string): Promise<number> {
  const table = `"${schemaOf(name, service)}".event`
  return database.read(async (run) => {
    const [there] = await run({ text: 'select to_regclass($1) is not null', values: [table] })
    if (there?.[0] !== true) return 0
    const [last] = await run({ text: `select coalesce(max(pos), 0) from ${table}` })
    return Number(last![0])
  })
}
