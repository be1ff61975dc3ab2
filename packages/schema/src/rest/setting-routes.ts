import type { FastifyRequest } from 'fastify'
import { compatibilityLevels } from '../compatibility.ts'
import { allVersions, type Contents, levelOf, modeOf } from '../registry/contents.ts'
import { faults } from '../registry/fault.ts'
import { registryModes } from '../registry/storage.ts'
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
      if (!isDefault(request) && !contents.levels.has(subject)) throw faults.noLevel(subject!)
      return { compatibilityLevel: levelOf(contents, subject) }
    })

    writes(`PUT /config${whose}`, (request) => {
      const level = choiceIn(request.body, 'compatibility', compatibilityLevels)
      if (level === undefined) throw faults.badLevel(compatibilityLevels)
      return {
        append: { kind: 'level', ...subjectIn(request), level },
        answer: { compatibility: level },
      }
    })

    writes(`DELETE /config${whose}`, (request, contents) => {
      const { subject } = subjectIn(request)
      if (subject !== undefined && !contents.levels.has(subject)) throw faults.noSubject(subject)
      return {
        append: { kind: 'level', ...subjectIn(request), level: null },
        answer: { compatibilityLevel: levelOf(contents, subject) },
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

/** The one that a body names, in small letters or capitals. */
function choiceIn<T extends string>(body: unknown, name: string, choices: readonly T[]): T | undefined {
  const value =
    typeof body === 'object' && body !== null ? (body as Record<string, unknown>)[name] : undefined
  return choices.find((choice) => choice === String(value).toUpperCase())
}
