import {
  type Clock,
  hasCode,
  type Ids,
  invariant,
  type ServiceClient,
  type ServiceDef,
  sleep,
  systemCaller,
  WaybillError,
} from '@waybill/core'
import type { Logger } from 'pino'
import type { Application, GatewayContext } from '../application.ts'
import { accounts } from '../auth/accounts.ts'
import { seedDemoAccounts } from '../auth/demo.ts'
import type { Config } from '../config/config.ts'
import { addEndpoint } from '../http/endpoint.ts'
import { createGateway, type Gateway } from '../http/gateway.ts'
import type { Health } from '../http/health.ts'
import { queryEndpoint } from '../http/queries.ts'
import { directoryOf } from '../outside/heartbeats.ts'
import { BookQuery } from '../outside/payments/book.ts'
import { simulatedProvider } from '../outside/payments/simulated-provider.ts'
import { paymentSimulator } from '../outside/payments/simulator.ts'
import { addressBook } from '../remote/instances.ts'
import { createLinks } from '../remote/links.ts'
import { reachable } from '../remote/reachable.ts'
import { remoteService } from '../remote/remote-service.ts'
import { serveEngines } from '../remote/serve-engines.ts'
import type { Halts } from '../telemetry/halts.ts'
import type { Metrics } from '../telemetry/metrics.ts'
import { createTelemetry } from '../telemetry/telemetry.ts'
import type { Backends } from './backends.ts'
import { onPort } from './on-port.ts'
import { checkPlacement, gatewayName, type Placement, placementOf } from './placement.ts'
import { type RunningSystem, startSystem } from './running-system.ts'
import type { Shutdown } from './shutdown.ts'

/** A system that serves. */
export interface RunningApplication extends RunningSystem {
  readonly application: Application
  /** Where its gateway listens, `http://127.0.0.1:8080`; without one here, where other processes reach its services. */
  readonly address: string
  /** What runs here, each with the address at which it is reached, if by HTTP at all. */
  readonly instances: readonly RunningInstance[]
}

/** What other processes find in the directory. */
export interface RunningInstance {
  readonly system: string
  readonly service: string
  /** `undefined`: nobody outside this process calls it. */
  readonly address: string | undefined
}

/** Demo data waits for the services of other processes. */
const demoAgainMs = 500

/** Starts a system with all around it: the simulated outside world, demo data, the gateway. */
export async function startApplication(options: {
  application: Application
  /** Those that run in this process; `undefined`: all. */
  services: readonly string[] | undefined
  config: Config
  backends: Backends
  clock: Clock
  ids: Ids
  metrics: Metrics
  logger: Logger
  crashed: (error: unknown) => void
  shutdown: Shutdown
  health: Health
  halts: Halts
}): Promise<RunningApplication> {
  const { application, config, backends, clock, ids, metrics, crashed, shutdown, health, halts } = options
  const { name, paysBy } = application
  const { jwtSecret } = config
  const logger = options.logger.child({ system: name })
  const placement = placementOf(options.services)
  const directory = directoryOf(name, backends.heartbeats)
  const outside = `${name}/outside`
  const addresses = addressBook(directory, clock)
  const outsideAddresses = addressBook(directoryOf(outside, backends.heartbeats), clock)
  const links = createLinks(jwtSecret)
  shutdown.add(() => links.close())
  const remote = (service: ServiceDef): ServiceClient => {
    const book = paymentSimulator.services.includes(service) ? outsideAddresses : addresses
    return remoteService({ service, addresses: () => book(service.name), links, clock, ids })
  }
  const start = (
    system: RunningSystem['system'],
    here: Placement['here'],
    timeScale: number,
  ): Promise<RunningSystem> =>
    startSystem({
      system,
      storeOf: (service) => backends.store(name, service),
      backends,
      clock,
      ids,
      telemetry: createTelemetry({ system, metrics, halts, logger }),
      warn: (news) => logger.warn(news),
      timeScale,
      crashed,
      shutdown,
      placement: { whole: placement.whole, here },
      remote,
    })

  // The provider's own time is not scaled: it is the outside world.
  const simulator = await start(paymentSimulator, () => placement.whole || placement.here(paysBy ?? ''), 1)
  const provider = simulator.client('simulator')
  const system = application.create({ payments: simulatedProvider(provider, clock), directory })
  checkPlacement(options.services, system)
  await backends.check?.(name, system)
  const running = await start(system, placement.here, config.timeScale)
  const engines = [...simulator.engines.values(), ...running.engines.values()]
  const server = placement.whole
    ? undefined
    : await serveEngines({ engines, host: config.host, port: config.servicePort, jwtSecret, logger })
  if (server !== undefined) shutdown.add(() => server.close())
  const instanceOf = (inSystem: string, service: string): RunningInstance => ({
    system: inSystem,
    service,
    address: server?.address,
  })
  const instances = [
    ...[...simulator.engines.keys()].map((service) => instanceOf(outside, service)),
    ...[...running.engines.keys()].map((service) => instanceOf(name, service)),
  ]
  if (server !== undefined && !placement.here(gatewayName)) {
    return { ...running, application, address: server.address, instances }
  }
  if (config.demo) await makeDemoData(application, running, clock)

  const routes = async (context: GatewayContext): Promise<void> => {
    if (config.demo) {
      addEndpoint(context.http, queryEndpoint(provider, { ...BookQuery, http: 'GET /simulator/charges' }))
    }
    await application.routes?.(context)
  }
  const gateway: Gateway = await onPort(name, () =>
    createGateway({
      system: running.system,
      engines: running.clients,
      host: config.host,
      port: config.ports.get(name)!,
      rateLimit: config.rateLimit,
      loginRateLimit: config.loginRateLimit,
      demo: config.demo,
      redis: config.redis,
      trustedProxies: config.trustedProxies,
      jwtSecret,
      logger,
      health,
      routes,
    }),
  )
  shutdown.add(() => gateway.close())
  const { address } = gateway
  return {
    ...running,
    application,
    address,
    instances: [
      ...instances,
      { ...instanceOf(name, gatewayName), address: await reachable(address, config.host) },
    ],
  }
}

async function makeDemoData(application: Application, running: RunningSystem, clock: Clock): Promise<void> {
  for (;;) {
    try {
      return await seed(application, running)
    } catch (error) {
      if (!hasCode(error, 'SERVICE_UNAVAILABLE')) throw error
      await sleep(clock, demoAgainMs)
    }
  }
}

async function seed(application: Application, { system, client }: RunningSystem): Promise<void> {
  if (system.services.includes(accounts)) await seedDemoAccounts(client(accounts.name))
  await application.demo?.({
    engine: client,
    async submit(command, input) {
      const owner = system.services.find(({ commands }) => commands.includes(command))
      invariant(owner !== undefined, `${command.name} is a command of no service of ${system.name}`)
      const result = await client(owner.name).submit(command, input, { caller: systemCaller })
      if (result.refused) {
        throw new WaybillError(
          'SYSTEM_INVALID',
          `The demo data of ${system.name} does not fit: ${command.name} was refused: ${result.detail}`,
        )
      }
    },
  })
}
