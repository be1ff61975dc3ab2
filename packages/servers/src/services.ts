import { freePort, isFree } from './free-port.ts'
import { kafkaProgram, startKafka } from './kafka.ts'
import { startPostgres } from './postgres.ts'
import { redisProgram, startRedis } from './redis.ts'
import { registryProgram, startRegistry } from './registry.ts'
import type { StartOptions } from './restartable.ts'
import { createSetup, type Start } from './setup.ts'

/** All that a distributed system stands on, running on this machine. */
export interface Services {
  /** Of Kafka host and port, of the others their URL. */
  readonly addresses: Readonly<Record<'kafka' | 'postgres' | 'registry' | 'redis', string>>
  /** Ends all of them and deletes their files. */
  stop(): Promise<void>
}

/** The usual ones, but for the registry's: 8081 is that of a system. */
const ports = { kafka: 9092, postgres: 5432, registry: 8085, redis: 6379 }

/**
 * Starts Kafka, PostgreSQL, a schema registry and Redis, each on its usual port if that is free. When one of them does
 * not start, the others are ended.
 * @param signal calls the start off
 * @throws AggregateError of all that this machine lacks; nothing has been started then
 */
export async function startServices(signal: AbortSignal): Promise<Services> {
  await findPrograms(signal)
  const setup = createSetup(signal)
  const on =
    <T>(usual: number, start: (options: StartOptions) => Promise<T>): Start<T> =>
    async (how) =>
      start({ ...how, port: (await isFree(usual)) ? usual : await freePort() })
  const [kafka, postgres, registry, redis] = await setup.start(
    on(ports.kafka, startKafka),
    on(ports.postgres, startPostgres),
    on(ports.registry, startRegistry),
    on(ports.redis, startRedis),
  )
  const addresses = {
    kafka: kafka.address,
    postgres: postgres.url,
    registry: registry.address,
    redis: redis.address,
  }
  return { addresses, stop: setup.end }
}

/** PostgreSQL's comes with npm; the others may be missing. */
async function findPrograms(signal: AbortSignal): Promise<void> {
  const found = await Promise.allSettled([kafkaProgram(signal), registryProgram(signal), redisProgram()])
  const reasons = found.flatMap((each) => (each.status === 'rejected' ? [each.reason as unknown] : []))
  if (reasons.length > 0) throw new AggregateError(reasons)
}
