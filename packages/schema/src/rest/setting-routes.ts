import { messageOf } from '@waybill/core'
import type { FastifyRequest } from 'fastify'
import { compatibilityLevels } from '../compatibility.ts'
import { allVersions, configOf, type Contents, levelOf, modeOf } from '../registry/contents.ts'
import { faults } from '../registry/fault.ts'
import { refuseTooLarge } from '../registry/size.ts'
import { refuseUnstorable } from '../registry/storable.ts'
import { registryModes, type Settings } from '../registry/storage.ts'
import { flag, part } from './request.ts'
import type { Reads, Writes } from './route.ts'

/** Whose setting a path is about. */
const all = ''
const one = '/:subject'

/** What is demanded of new versions, and whether there may be any: of all subjects, or of one. */
export function settingRoutes(reads: Reads, writes: Writes): void {
  for (const whose of [all, one]) {
    const subjectIn = (request: FastifyRequest): { subject?: string } =>
      whose === all ? {} : { subject: part(request, 'subject') }
    const isDefault = (request: FastifyRequest): boolean => whose === all || flag(request, 'defaultToGlobal')

    reads(`GET /config${whose}`, (request, contents) => {
      const { subject } = subjectIn(request)
      const isOwn = contents.levels.has(subject) || contents.settings.has(subject)
      if (!isDefault(request) && !isOwn) throw faults.noLevel(subject!)
      return shownConfig(contents, isDefault(request), subject)
    })

    writes(`PUT /config${whose}`, (request, contents) => {
      const { subject } = subjectIn(request)
      const { compatibility, ...given } = settingsIn(request.body)
      const level = choiceIn(request.body, 'compatibility', compatibilityLevels)
      const isGiven = (compatibility ?? null) !== null
      if (isGiven ? level === undefined : Object.keys(given).length === 0) {
        throw faults.badLevel(compatibilityLevels)
      }
      const before = configOf(contents, subject)
      // What a request does not name stays as it is.
      const settings = { ...before.settings, ...given }
      return {
        append: {
          ...before,
          ...(level && { level }),
          ...(Object.keys(settings).length > 0 && { settings }),
        },
        answer: { ...(level && { compatibility: level }), ...given },
      }
    })

    writes(`DELETE /config${whose}`, (request, contents) => {
      const { subject } = subjectIn(request)
      const isOwn = contents.levels.has(subject) || contents.settings.has(subject)
      if (subject !== undefined && !isOwn) throw faults.noSubject(subject)
      return {
        append: { kind: 'level', ...subjectIn(request), level: null },
        answer: shownConfig(contents, whose === all, subject),
      }
    })

    reads(`GET /mode${whose}`, (request, contents) => {
      const { subject } = subjectIn(request)
      if (!isDefault(request) && !contents.modes.has(subject)) throw faults.noMode(subject!)
      return { mode: modeOf(contents, subject) }
    })

    writes(`PUT /mode${whose}`, (request, contents) => {
      const mode = choiceIn(request.body, 'mode', registryModes)
      if (mode === undefined) throw faults.badMode(registryModes)
      if (mode === 'IMPORT' && isUsed(contents, subjectIn(request)) && !flag(request, 'force')) {
        throw faults.notPermitted('Cannot import since found existing subjects')
      }
      return { append: { kind: 'mode', ...subjectIn(request), mode }, answer: { mode } }
    })

    writes(`DELETE /mode${whose}`, (request, contents) => {
      const { subject } = subjectIn(request)
      if (subject !== undefined && !contents.modes.has(subject)) throw faults.noMode(subject)
      return {
        append: { kind: 'mode', ...subjectIn(request), mode: null },
        answer: { mode: modeOf(contents, subject) },
      }
    })
  }
}

function isUsed(contents: Contents, { subject }: { readonly subject?: string }): boolean {
  const current = allVersions(contents).filter(({ deleted }) => !deleted)
  return current.some((kept) => subject === undefined || kept.subject === subject)
}

/** A configuration as it is answered with; one that names no level has that of the registry where this is asked for. */
function shownConfig(contents: Contents, withDefault: boolean, subject?: string): object {
  const level = withDefault ? levelOf(contents, subject) : contents.levels.get(subject)
  return { ...(level && { compatibilityLevel: level }), ...contents.settings.get(subject) }
}

/** What Confluent's registry takes beside the level. It is kept for the clients that set it, and has no effect here. */
const settingNames = new Set([
  'alias',
  'normalize',
  'validateFields',
  'compatibilityPolicy',
  'compatibilityGroup',
  'defaultMetadata',
  'overrideMetadata',
  'defaultRuleSet',
  'overrideRuleSet',
])

function settingsIn(body: unknown): Settings {
  if (typeof body !== 'object' || body === null) return {}
  const known = Object.entries(body).filter(
    ([name, value]) => value !== null && (name === 'compatibility' || settingNames.has(name)),
  )
  try {
    refuseTooLarge(known)
    refuseUnstorable(known)
  } catch (error) {
    throw faults.notPermitted(`Invalid configuration: ${messageOf(error)}`)
  }
  return Object.fromEntries(known)
}

/** The one that a body names, in small letters or capitals. */
function choiceIn<T extends string>(body: unknown, name: string, choices: readonly T[]): T | undefined {
  const value =
    typeof body === 'object' && body !== null ? (body as Record<string, unknown>)[name] : undefined
  return choices.find((choice) => choice === String(value).toUpperCase())
}
