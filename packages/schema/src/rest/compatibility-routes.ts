import type { FastifyRequest } from 'fastify'
import type { CompatibilityLevel } from '../compatibility.ts'
import { levelOf, listed } from '../registry/contents.ts'
import { detailsIn, type Refusal, refusalsAmong, refusalsOf } from '../registry/refusals.ts'
import { checkedWhole } from '../registry/registration.ts'
import { candidateIn, flag, part, versionIn } from './request.ts'
import type { Reads } from './route.ts'

/** Whether a schema would be let in. */
export function compatibilityRoutes(reads: Reads): void {
  reads('POST /compatibility/subjects/:subject/versions', (request, contents) => {
    const candidate = candidateIn(request)
    const whole = checkedWhole(contents, candidate)
    const { subject } = candidate
    return verdict(request, levelOf(contents, subject), refusalsOf(contents, subject, whole))
  })

  reads('POST /compatibility/subjects/:subject/versions/:version', (request, contents) => {
    const candidate = candidateIn(request)
    const whole = checkedWhole(contents, candidate)
    const { subject } = candidate
    // A subject that has none yet takes any.
    const isFirst = part(request, 'version') === 'latest' && listed(contents, subject).length === 0
    const others = isFirst ? [] : [versionIn(request, contents, false)]
    const level = levelOf(contents, subject)
    return verdict(request, level, refusalsAmong(level, whole, others))
  })
}

function verdict(request: FastifyRequest, level: CompatibilityLevel, refusals: readonly Refusal[]): object {
  return {
    is_compatible: refusals.length === 0,
    ...(flag(request, 'verbose') && { messages: detailsIn(level, refusals) }),
  }
}
