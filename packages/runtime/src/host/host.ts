import { hostname } from 'node:os'
import type { Logger } from 'pino'
import { countParked } from '../admin/parked.ts'
import { startAdminServer } from '../admin/server.ts'
import type { Application } from '../application.ts'
import { systemClock } from '../clock.ts'
import type { Config } from '../config/config.ts'
import { createIds } from '../ids.ts'
import type { Health } from '../http/health.ts'
import { sharedAnswer } from '../shared-answer.ts'
import { processesOf, startHeartbeats } from '../outside/heartbeats.ts'
import { createHalts } from '../telemetry/halts.ts'
import { createMetrics, gaugeParked } from '../telemetry/metrics.ts'
import { type RunningApplication, startApplication } from './application.ts'
import type { Backends } from './backends.ts'
import { onPort } from './on-port.ts'
import { createShutdown } from './shutdown.ts'

/** Whoever may ask how this process is, asks as often as he likes: the database is asked at most once in so long. */
const healthFreshMs = 1_000

/** The systems that run in this process. */
export interface Host {
  readonly systems: readonly RunningApplication[]
  /** Where metrics, health and the admin API are. */
  readonly adminAddress: string
  /** Resolves with its error when an engine has met a broken invariant: the process should end. */
  readonly crashed: Promise<unknown>
  /** Takes no more requests, finishes those in hand, stops the engines, closes the stores. */
  stop(): Promise<void>
}

/**
 * Runs systems in this process. When one of them cannot start, those that have are stopped again.
 */
export async function startHost(options: {
  applications: readonly Application[]
  /** Those that run in this process; default: all. */
  services?: readonly string[] | undefined
  config: Config
  backends: Backends
  logger: Logger
}): Promise<Host> {
  const { applications, config, backends, logger } = options
  const shutdown = createShutdown()
  shutdown.add(() => backends.close())
  try {
    const clock = systemClock
    const ids = createIds()
    const metrics = createMetrics()
    const crash = Promise.withResolvers<unknown>()
    let serving = false
    const halts = createHalts()
    const reached = sharedAnswer(() => backends.ready(), healthFreshMs, clock)
    const health: Health = {
      ready: async () => serving && (await reached()),
      halted: halts.list,
    }

    const instance = { instanceId: ids.newId(), address: `${hostname()}:${process.pid}` }
    const beating = { store: backends.heartbeats, clock, logger }
    // Behind it is closed only what is beneath: then nothing of this process runs any more.
    shutdown.add(
      await startHeartbeats(
        applications.map(({ name }) => ({ ...instance, system: processesOf(name), service: 'process' })),
        beating,
      ),
    )

    const systems: RunningApplication[] = []
    for (const application of applications) {
      systems.push(
        await startApplication({
          ...options,
          services: options.services,
          application,
          clock,
          ids,
          metrics,
          crashed: crash.resolve,
          shutdown,
          health,
          halts,
        }),
      )
    }
    gaugeParked(
      metrics,
      sharedAnswer(() => countParked(systems), healthFreshMs, clock),
    )

    const endHeartbeats = await startHeartbeats(
      systems.flatMap(({ instances }) =>
        instances.map(({ address = instance.address, ...running }) => ({ ...instance, ...running, address })),
      ),
      beating,
    )
    shutdown.add(endHeartbeats)

    const admin = await onPort('console', () =>
      startAdminServer({
        systems,
        registry: metrics.registry,
        host: config.host,
        port: config.consolePort,
        jwtSecret: config.jwtSecret,
        logger,
        health,
        rateLimit: config.rateLimit,
        demo: config.demo,
        more: backends.adminRoutes,
      }),
    )
    shutdown.add(() => admin.close())
    serving = true
    shutdown.add(() => (serving = false))
    return {
      systems,
      adminAddress: admin.address,
      crashed: crash.promise,
      stop: () => shutdown.run(),
    }
  } catch (error) {
    await shutdown
      .run()
      .catch((failure: unknown) => logger.error({ err: failure }, 'could not stop in good order'))
    throw error
  }
}
