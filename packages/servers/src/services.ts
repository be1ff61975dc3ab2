import { freePort, isFree } from './free-port.ts'
import { kafkaProgram, startKafka } from './kafka.ts'
import { startPostgres } from './postgres.ts'
import { redisProgram, startRedis } from './redis.ts'
import { registryProgram, startRegistry } from './registry.ts'
import type { StartOptions } from './restartable.ts'

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
  const failure = new AbortController()
  const either = AbortSignal.any([signal, failure.signal])
  const on = async (usual: number): Promise<StartOptions> => ({
    port: (await isFree(usual)) ? usual : await freePort(),
    signal: either,
  })
  const starting = [
    on(ports.kafka).then(startKafka),
    on(ports.postgres).then(startPostgres),
    on(ports.registry).then(startRegistry),
    on(ports.redis).then(startRedis),
  ] as const
  const stop = async (): Promise<void> => {
    const started = await Promise.allSettled(starting)
    await Promise.all(started.flatMap((each) => (each.status === 'fulfilled' ? [each.value.stop()] : [])))
  }
  try {
    const [kafka, postgres, registry, redis] = await Promise.all(starting)
    const addresses = {
      kafka: kafka.address,
      postgres: postgres.url,
      registry: registry.address,
      redis: redis.address,
    }
    return { addresses, stop }
  } catch (error) {
    failure.abort()
    await stop()
    throw error
  }
}

/** PostgreSQL's comes with npm; the others may be missing. */
async function findPrograms(signal: AbortSignal): Promise<void> {
  const found = await Promise.allSettled([kafkaProgram(signal), registryProgram(signal), redisProgram()])
  const reasons = found.flatMap((each) => (each.status === 'rejected' ? [each.reason as unknown] : []))
  if (reasons.length > 0) throw new AggregateError(reasons)
}
