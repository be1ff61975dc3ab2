import { type Clock, type Ids, invariant, systemCaller, WaybillError } from '@waybill/core'
import type { Logger } from 'pino'
import type { Application, GatewayContext } from '../application.ts'
import { accounts } from '../auth/accounts.ts'
import { seedDemoAccounts } from '../auth/demo.ts'
import type { Config } from '../config/config.ts'
import { addEndpoint } from '../http/endpoint.ts'
import { createGateway } from '../http/gateway.ts'
import { queryEndpoint } from '../http/queries.ts'
import { directoryOf } from '../outside/heartbeats.ts'
import { BookQuery } from '../outside/payments/book.ts'
import { simulatedProvider } from '../outside/payments/simulated-provider.ts'
import { paymentSimulator } from '../outside/payments/simulator.ts'
import type { Metrics } from '../telemetry/metrics.ts'
import { createTelemetry } from '../telemetry/telemetry.ts'
import type { Backends } from './backends.ts'
import { onPort } from './on-port.ts'
import { type RunningSystem, startSystem } from './running-system.ts'
import type { Shutdown } from './shutdown.ts'

/** A system that serves. */
export interface RunningApplication extends RunningSystem {
  readonly application: Application
  /** Where its gateway listens: `http://127.0.0.1:8080`. */
  readonly address: string
}

/** Starts a system with all around it: the simulated outside world, demo data, the gateway. */
export async function startApplication(options: {
  application: Application
  config: Config
  backends: Backends
  clock: Clock
  ids: Ids
  metrics: Metrics
  logger: Logger
  crashed: (error: unknown) => void
  shutdown: Shutdown
  readiness: () => Promise<boolean>
}): Promise<RunningApplication> {
  const { application, config, backends, clock, ids, metrics, crashed, shutdown, readiness } = options
  const { name } = application
  const logger = options.logger.child({ system: name })
  const start = (system: RunningSystem['system'], timeScale: number): Promise<RunningSystem> =>
    startSystem({
      system,
      storeOf: (service) => backends.store(name, service),
      backends,
      clock,
      ids,
      telemetry: createTelemetry({ system, metrics, logger }),
      timeScale,
      crashed,
      shutdown,
    })

  // The provider's own time is not scaled: it is the outside world.
  const simulator = await start(paymentSimulator, 1)
  const provider = simulator.engine('simulator')
  const running = await start(
    application.create({
      payments: simulatedProvider(provider, clock),
      directory: directoryOf(name, backends.heartbeats, clock),
    }),
    config.timeScale,
  )
  if (config.demo) await makeDemoData(application, running)

  const routes = async (context: GatewayContext): Promise<void> => {
    if (config.demo) {
      addEndpoint(context.http, queryEndpoint(provider, { ...BookQuery, http: 'GET /simulator/charges' }))
    }
    await application.routes?.(context)
  }
  const gateway = await onPort(name, () =>
    createGateway({
      system: running.system,
      engines: running.engines,
      host: config.host,
      port: config.ports.get(name)!,
      rateLimit: config.rateLimit,
      loginRateLimit: config.loginRateLimit,
      jwtSecret: config.jwtSecret,
      logger,
      readiness,
      routes,
    }),
  )
  shutdown.add(() => gateway.close())
  return { ...running, application, address: gateway.address }
}

async function makeDemoData(application: Application, running: RunningSystem): Promise<void> {
  const { system, engine } = running
  if (system.services.includes(accounts)) await seedDemoAccounts(engine(accounts.name))
  await application.demo?.({
    engine,
    async submit(command, input) {
      const owner = system.services.find(({ commands }) => commands.includes(command))
      invariant(owner !== undefined, `${command.name} is a command of no service of ${system.name}`)
      const result = await engine(owner.name).submit(command, input, { caller: systemCaller })
      if (result.refused) {
        throw new WaybillError(
          'SYSTEM_INVALID',
          `The demo data of ${system.name} does not fit: ${command.name} was refused: ${result.detail}`,
        )
      }
    },
  })
}
