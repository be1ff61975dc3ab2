import { createLogger, readConfig } from '@waybill/runtime'
import { openDatabase } from './backends.ts'
import { moveLog } from './log/move.ts'
import { loadSystems, nowhere } from './systems.ts'

/**
 * `waybill log move SYSTEM --to store|kafka://…`: carries the positions of a system over to another log.
 * @returns whether it is there now
 */
export async function moveLogOf(name: string, to: string): Promise<boolean> {
  const [found] = await loadSystems([name])
  const { application } = found!
  const config = readConfig(process.env, [application])
  const target = readConfig({ ...process.env, WAYBILL_LOG: to }, [application]).log
  const logger = createLogger({ json: !config.demo })
  const database = await openDatabase(config)
  try {
    const { outcome, says } = await moveLog({
      database,
      name,
      system: application.create(nowhere),
      from: config.log,
      to: target,
      warnings: logger,
    })
    if (outcome === 'refused') console.error(says)
    else console.log(says)
    return outcome !== 'refused'
  } finally {
    await database.close()
  }
}
