import { join } from 'node:path'
import { WaybillError } from '@waybill/core'
import { checkSchemas, type SchemaDrift, writeSchemas } from '@waybill/schema'
import { type FoundSystem, loadSystems, nowhere } from './systems.ts'

/**
 * `waybill schemas [--check] [system…]`: makes the committed Avro schemas say what the code says, or only compares.
 * @returns whether they agree now
 * @throws SCHEMA_INCOMPATIBLE naming every reason; nothing is written then
 */
export async function schemas(names: readonly string[], { check }: { check: boolean }): Promise<boolean> {
  const systems = await loadSystems(names)
  const found = await Promise.all(systems.map(async (found) => ({ found, drifts: await driftsOf(found) })))
  const reasons = found.flatMap(({ found, drifts }) =>
    drifts.flatMap(({ file, incompatible }) =>
      incompatible.map((reason) => `${join(schemasOf(found), file)}: ${reason}`),
    ),
  )
  if (reasons.length > 0) {
    throw new WaybillError(
      'SCHEMA_INCOMPATIBLE',
      ['These schemas cannot read what the committed ones wrote:', ...reasons].join('\n  - '),
    )
  }

  for (const { found: system, drifts } of found) {
    if (!check) await writeSchemas(system.application.create(nowhere), schemasOf(system))
    for (const { file, drift } of drifts) console.log(`${join(schemasOf(system), file)}: ${drift}`)
  }
  const agreed = found.every(({ drifts }) => drifts.length === 0)
  if (agreed) console.log('The schemas say what the code says.')
  else console.log(check ? 'Run `waybill schemas` and commit what it writes.' : 'Written. Commit them.')
  return agreed || !check
}

function driftsOf(system: FoundSystem): Promise<readonly SchemaDrift[]> {
  return checkSchemas(system.application.create(nowhere), schemasOf(system))
}

function schemasOf({ folder }: FoundSystem): string {
  return join(folder, 'schemas')
}
