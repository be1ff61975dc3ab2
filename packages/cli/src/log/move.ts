import { type Store, type SystemDef, topicsOf, WaybillError } from '@waybill/core'
import { createKafkaLog, endOffsets, type PartitionEnds } from '@waybill/kafka'
import { createPostgresStore, type Database, schemaOf } from '@waybill/postgres'
import type { Config } from '@waybill/runtime'
import { makeTopics } from '../kafka.ts'
import { connectionTo } from '../kafka-connection.ts'
import type { Warnings } from '../waiting.ts'
import { carryOver } from './carry-over.ts'
import { describeLog, identityOf, isSameLog, type LogIdentity } from './log-identity.ts'
import { forgetSources } from './offset-rows.ts'
import {
  rememberedLog,
  type RememberedLog,
  rememberMove,
  rememberMoved,
  runningOf,
} from './remembered-log.ts'
import { type Unhandled, unhandledOfKafka, unhandledOfStores } from './unhandled.ts'

/** What came of it: `refused` has changed nothing. */
export interface MoveOutcome {
  readonly outcome: 'moved' | 'there already' | 'refused'
  /** For the person who asked for it. */
  readonly says: string
}

interface MoveOptions {
  readonly database: Database
  /** Of the application, by which its tables are found. */
  readonly name: string
  readonly system: SystemDef
  /** As it is configured, before the move. */
  readonly from: Config['log']
  readonly to: Config['log']
  readonly warnings: Warnings
}

/**
 * Makes another log that of a system: from then on its services read there, from the end of what there is now. Only while
 * nothing of it runs and everything is handled, so that nothing is lost and nothing comes twice. One that was cut off is
 * finished by doing it again.
 * @throws LOG_CHANGED when a move to somewhere else is half done
 * @throws CONFIGURATION_INVALID when topics are there with other settings, or `from` is not the log to be left
 */
export async function moveLog(options: MoveOptions): Promise<MoveOutcome> {
  const { database, name, to } = options
  const target = await identityOf(to)
  const now = await rememberedLog({ ...options, log: await identityIfAsked(options) })
  const { moving } = now
  if (moving === undefined && isSameLog(now, target)) {
    return { outcome: 'there already', says: `The log of ${name} is ${describeLog(target)} already.` }
  }
  if (moving?.begun === true && !isSameLog(moving.to, target)) {
    throw new WaybillError(
      'LOG_CHANGED',
      `The positions of ${name} are half carried over to ${describeLog(moving.to)}: finish that first.`,
    )
  }
  // From here on nothing of the system starts. What has started has a heartbeat.
  if (moving?.begun !== true) await rememberMove(database, name, { to: target, begun: false })
  const stores = await openStores(options)
  try {
    if (moving?.begun !== true) {
      const reason = await reasonToWait(options, now, stores).catch(async (error: unknown) => {
        await rememberMove(database, name, undefined)
        throw error
      })
      if (reason !== undefined) {
        await rememberMove(database, name, undefined)
        return { outcome: 'refused', says: reason }
      }
      await rememberMove(database, name, { to: target, begun: true })
    }
    await carryOver({
      system: options.system,
      stores,
      ends: to.kind === 'kafka' ? await endsOf(options.system, to) : undefined,
      forget: (service, sources) => forgetSources(database, { name, service, sources }),
    })
    await rememberMoved(database, name, target)
  } finally {
    for (const store of stores.values()) await store.close()
  }
  return {
    outcome: 'moved',
    says: `The log of ${name} is ${describeLog(target)} now, instead of ${describeLog(now)}. Set WAYBILL_LOG for all its processes, and start them.`,
  }
}

/** The configured log is of interest only where nothing is remembered, or where it is left. */
async function identityIfAsked({ from }: MoveOptions): Promise<LogIdentity> {
  return from.kind === 'store' ? { kind: 'store' } : identityOf(from).catch(() => ({ kind: 'kafka' }))
}

async function openStores({ database, name, system }: MoveOptions): Promise<ReadonlyMap<string, Store>> {
  const stores = new Map<string, Store>()
  for (const service of system.services) {
    const schema = schemaOf(name, service.name)
    const store = createPostgresStore({ database, schema, service: service.name })
    await store.open(service)
    stores.set(service.name, store)
  }
  return stores
}

/** Why it cannot be done now; `undefined`: it can. Makes the topics, so that what is wrong with them shows early. */
async function reasonToWait(
  options: MoveOptions,
  now: RememberedLog,
  stores: ReadonlyMap<string, Store>,
): Promise<string | undefined> {
  const { database, name, system, to } = options
  const running = await runningOf(database, name)
  if (running.length > 0) {
    return [
      `Something of ${name} runs, or was killed less than 15 seconds ago. End it first:`,
      ...running,
    ].join('\n  - ')
  }
  const left = await unhandled(options, now, stores)
  if (left.length > 0) {
    return [
      `Not everything is handled yet:`,
      ...left.map(({ service, source, events }) => `${service} has ${events} events of ${source} before it`),
      `Start the services of ${name} without its gateway until nothing is left, and end them: waybill start ${name} --service ${system.services.map((service) => service.name).join(' --service ')}`,
    ].join('\n  - ')
  }
  if (to.kind === 'kafka') await ensureTopics(system, to)
  return undefined
}

async function unhandled(
  { name, system, from }: MoveOptions,
  now: RememberedLog,
  stores: ReadonlyMap<string, Store>,
): Promise<readonly Unhandled[]> {
  if (now.kind === 'store') return unhandledOfStores(system, stores)
  if (from.kind !== 'kafka' || !isSameLog(now, await identityOf(from))) {
    throw new WaybillError(
      'CONFIGURATION_INVALID',
      `The positions of ${name} are those of ${describeLog(now)}: WAYBILL_LOG must still name it, so that it can be seen whether everything is handled.`,
    )
  }
  return unhandledOfKafka(system, stores, await endsOf(system, from))
}

async function endsOf(
  system: SystemDef,
  log: Extract<Config['log'], { kind: 'kafka' }>,
): Promise<readonly PartitionEnds[]> {
  return endOffsets(
    connectionTo(log),
    topicsOf(system).map(({ name }) => name),
  )
}

async function ensureTopics(system: SystemDef, to: Extract<Config['log'], { kind: 'kafka' }>): Promise<void> {
  const log = createKafkaLog({ ...connectionTo(to), system: system.name })
  try {
    await makeTopics(log, to, system)
  } finally {
    await log.close()
  }
}
