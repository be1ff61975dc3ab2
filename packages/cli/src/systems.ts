import { existsSync, readdirSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { WaybillError } from '@waybill/core'
import type { Application, Outside } from '@waybill/runtime'

/** The folder of the systems, below the one in which the command runs. */
const systemsFolder = 'systems'

/** A system as it is found: its folder, and what its `index.ts` exports by default. */
export interface FoundSystem {
  readonly folder: string
  readonly application: Application
}

/**
 * Loads systems by name; all of them when none is named.
 * @throws CONFIGURATION_INVALID naming every one that is not there, with those that are
 */
export async function loadSystems(names: readonly string[]): Promise<readonly FoundSystem[]> {
  const present = systemNames()
  const unknown = names.filter((name) => !present.includes(name))
  if (unknown.length > 0 || present.length === 0) {
    throw new WaybillError(
      'CONFIGURATION_INVALID',
      present.length === 0
        ? `There is no system in ${resolve(systemsFolder)}; each is a folder with an index.ts.`
        : `There is no system ${unknown.join(', ')}; there are: ${present.join(', ')}.`,
    )
  }
  const chosen = names.length === 0 ? present : [...new Set(names)]
  return Promise.all(chosen.map(loadSystem))
}

function systemNames(): readonly string[] {
  if (!existsSync(systemsFolder)) return []
  return readdirSync(systemsFolder).filter((name) => existsSync(indexOf(name)))
}

async function loadSystem(name: string): Promise<FoundSystem> {
  const module = (await import(pathToFileURL(indexOf(name)).href)) as { default?: Application }
  if (module.default === undefined) {
    throw new WaybillError(
      'CONFIGURATION_INVALID',
      `${indexOf(name)} is no system: it exports no application by default.`,
    )
  }
  return { folder: join(systemsFolder, name), application: module.default }
}

function indexOf(name: string): string {
  return resolve(systemsFolder, name, 'index.ts')
}

const unreachable = (): Promise<never> =>
  Promise.reject(new Error('There is no outside world while nothing runs.'))

/** For a system that is only looked at: what it would do outside is never called. */
export const nowhere: Outside = {
  payments: { charge: unreachable, refund: unreachable, reverse: unreachable },
  directory: { instances: unreachable },
}
