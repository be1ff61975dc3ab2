import { WaybillError } from '@waybill/core'
import {
  type Config,
  createLogger,
  endWithSignals,
  isLoopback,
  readConfig,
  startHost,
} from '@waybill/runtime'
import { openBackends } from './backends.ts'
import { loadSystems } from './systems.ts'
import { welcome } from './welcome.ts'

/** The admin port of a process that runs single services: several of them share a machine. */
const anyPort = '0'

/**
 * `waybill start [system…] [--service NAME…]`: runs systems, or single services of one, in this process until a signal
 * ends it.
 * @throws CONFIGURATION_INVALID
 */
export async function start(
  names: readonly string[],
  services: readonly string[] | undefined,
): Promise<void> {
  const applications = (await loadSystems(names)).map(({ application }) => application)
  const defaults = services === undefined ? {} : { WAYBILL_PORT_CONSOLE: anyPort }
  const config = readConfig({ ...defaults, ...process.env }, applications)
  if (services !== undefined) checkShared(applications.length, config)
  const logger = createLogger({ json: !config.demo })
  const host = await startHost({
    applications,
    services,
    config,
    backends: await openBackends(config, logger),
    logger,
  })
  endWithSignals(host, logger)
  if (config.demo && !isLoopback(config.host)) {
    logger.warn(
      { host: config.host },
      'demo mode is open to others: its accounts and their passwords are known',
    )
  }
  if (config.demo && (services?.includes('gateway') ?? true)) console.log(await welcome(host))
}

/** What single services take. */
function checkShared(systems: number, { store }: Config): void {
  if (systems !== 1) {
    throw new WaybillError('CONFIGURATION_INVALID', '--service goes with the name of one system.')
  }
  if (store.kind === 'pglite') {
    throw new WaybillError(
      'CONFIGURATION_INVALID',
      '--service takes a store that processes can share: set WAYBILL_STORE to a postgres:// address.',
    )
  }
}
