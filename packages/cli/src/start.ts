import { createLogger, endWithSignals, readConfig, startHost } from '@waybill/runtime'
import { openBackends } from './backends.ts'
import { loadSystems } from './systems.ts'
import { welcome } from './welcome.ts'

/** `waybill start [system…]`: runs systems in this process until a signal ends it. */
export async function start(names: readonly string[]): Promise<void> {
  const applications = (await loadSystems(names)).map(({ application }) => application)
  const config = readConfig(process.env, applications)
  const logger = createLogger({ json: !config.demo })
  const host = await startHost({ applications, config, backends: await openBackends(config), logger })
  endWithSignals(host, logger)
  if (config.demo) console.log(await welcome(host))
}
