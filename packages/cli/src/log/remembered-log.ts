import { setTimeout as pause } from 'node:timers/promises'
import { type SystemDef, WaybillError } from '@waybill/core'
import type { Database } from '@waybill/postgres'
import { downAfterMs, processesOf } from '@waybill/runtime'
import { databaseHeartbeats } from '../heartbeat-store.ts'
import type { Warnings } from '../waiting.ts'
import { describeLog, isSameLog, type LogIdentity } from './log-identity.ts'
import { hasOldSources, logOf, relaySource, renewSources, sourcesSaved } from './offset-rows.ts'

/** What the database remembers about the log of a system. */
export interface RememberedLog extends LogIdentity {
  /** Positions are being carried over to another one. Nothing of the system may start meanwhile. */
  readonly moving?: Move | undefined
}

export interface Move {
  readonly to: LogIdentity
  /** Whether positions may have been changed already: then it can only be finished. */
  readonly begun: boolean
}

type Run = Parameters<Parameters<Database['read']>[0]>[0]

/** An instance that is gone without a word is up for 15 seconds. */
const patienceMs = 30_000
const lookEveryMs = 1_000

/**
 * Refuses another log than the one that the saved positions belong to: each would be read from the beginning, and all
 * would be handled again. The first start decides which log it is.
 * @param name of the application, by which its tables are found
 * @throws LOG_CHANGED naming both
 */
export async function checkLog(options: {
  database: Database
  name: string
  system: SystemDef
  log: LogIdentity
  warnings: Warnings
}): Promise<void> {
  const { database, name, log } = options
  const remembered = await rememberedLog(options)
  const { moving } = remembered
  if (moving !== undefined) {
    throw new WaybillError(
      'LOG_CHANGED',
      `The positions of ${name} are being carried over from ${describeLog(remembered)} to ${describeLog(moving.to)}. Run \`waybill log move ${name}\` until it says that this is done.`,
    )
  }
  if (!isSameLog(remembered, log)) {
    throw new WaybillError(
      'LOG_CHANGED',
      `The positions of ${name} are those of ${describeLog(remembered)}; WAYBILL_LOG names ${describeLog(log)}. All would be read from the beginning and handled again.`,
    )
  }
  if (remembered.cluster === undefined && log.cluster !== undefined) {
    await database.read((run) =>
      run({
        text: 'update waybill.log set cluster = $2 where system = $1 and cluster is null',
        values: [name, log.cluster ?? null],
      }),
    )
  }
}

/**
 * What is remembered. If nothing is, it is found out from the positions that are saved, and without any it is the log
 * of the configuration. Positions of an earlier form get the present one.
 * @param options.log of the configuration
 */
export async function rememberedLog(options: {
  database: Database
  name: string
  system: SystemDef
  log: LogIdentity
  warnings: Warnings
}): Promise<RememberedLog> {
  const { database, name, system, warnings } = options
  for (const until = performance.now() + patienceMs; ; await pause(lookEveryMs)) {
    const found = await database.transaction(async ({ run }) => {
      await run({
        text: 'select pg_advisory_xact_lock(hashtextextended($1, 0))',
        values: [`waybill log ${name}`],
      })
      return look(run, options)
    })
    if (found !== undefined) return found
    const earlier = await database.read((run) => ofEarlierVersions(run, name))
    if (performance.now() > until && earlier.length > 0) {
      throw new WaybillError(
        'MIGRATION_FAILED',
        `Processes of an earlier version run: ${earlier.join(', ')}. End them first: they would handle again what is carried over.`,
      )
    }
    warnings.warn({ processes: earlier }, 'waiting until no process of an earlier version runs')
  }

  async function look(run: Run, { log }: { log: LogIdentity }): Promise<RememberedLog | undefined> {
    const known = await written(run, name)
    const saved = await sourcesSaved(run, name, system)
    const kind = known?.kind ?? kindOf(saved, system, log)
    if (kind === 'store' && hasOldSources(saved, system)) {
      if ((await ofEarlierVersions(run, name)).length > 0) return undefined
      await renewSources(run, name, system)
    }
    if (known !== undefined) return known
    const cluster = kind === log.kind ? log.cluster : undefined
    await run({
      text: 'insert into waybill.log (system, kind, cluster) values ($1, $2, $3)',
      values: [name, kind, cluster ?? null],
    })
    return { kind, cluster }
  }
}

async function written(run: Run, name: string): Promise<RememberedLog | undefined> {
  const [row] = await run({
    text: 'select kind, cluster, moving from waybill.log where system = $1',
    values: [name],
  })
  if (row === undefined) return undefined
  const [kind, cluster, moving] = row as [LogIdentity['kind'], string | null, Move | null]
  return { kind, cluster: cluster ?? undefined, moving: moving ?? undefined }
}

/** Processes that do not know of the present form: those of this version have a heartbeat as a whole, too. */
async function ofEarlierVersions(run: Run, name: string): Promise<readonly string[]> {
  const rows = await run({
    text: `select distinct address from waybill.heartbeat as one
      where system in ($1, $1 || '/outside')
        and at > (extract(epoch from clock_timestamp()) * 1000)::bigint - $3::bigint
        and not exists (select from waybill.heartbeat where system = $2 and instance_id = one.instance_id)`,
    values: [name, processesOf(name), downAfterMs],
  })
  return rows.map(([address]) => address as string)
}

/** Says that a move is under way, or `undefined`: that it is none. */
export async function rememberMove(database: Database, name: string, move: Move | undefined): Promise<void> {
  await database.read((run) =>
    run({
      text: 'update waybill.log set moving = $2::jsonb where system = $1',
      values: [name, move === undefined ? null : JSON.stringify(move)],
    }),
  )
}

/** From now on positions are those of another log. */
export async function rememberMoved(database: Database, name: string, log: LogIdentity): Promise<void> {
  await database.read((run) =>
    run({
      text: 'update waybill.log set kind = $2, cluster = $3, moving = null where system = $1',
      values: [name, log.kind, log.cluster ?? null],
    }),
  )
}

/** Who runs anything of a system now, each as `service at address`. */
export async function runningOf(database: Database, name: string): Promise<readonly string[]> {
  const heartbeats = databaseHeartbeats(database)
  const systems = [name, `${name}/outside`, processesOf(name)]
  const found = await Promise.all(systems.map((system) => heartbeats.list(system)))
  return found
    .flat()
    .filter(({ ageMs }) => ageMs < downAfterMs)
    .map(({ service, address }) => `${service} at ${address}`)
}

/** What is saved tells; where positions of both are, the configuration has been going by one of them all along. */
function kindOf(
  saved: ReadonlyMap<string, readonly string[]>,
  system: SystemDef,
  log: LogIdentity,
): LogIdentity['kind'] {
  const sources = [...saved.values()].flat()
  const kinds = new Set(sources.map((source) => (source === relaySource ? 'kafka' : logOf(source, system))))
  const [only] = kinds
  return kinds.size === 1 ? only! : log.kind
}
