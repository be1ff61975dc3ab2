import type { FastifyRequest } from 'fastify'
import { incompatibilities } from '../compatibility.ts'
import { levelOf, listed } from '../registry/contents.ts'
import { checkedWhole, reasonsAgainst } from '../registry/registration.ts'
import { candidateIn, flag, part, versionIn } from './request.ts'
import type { Reads } from './route.ts'

/** Whether a schema would be let in. */
export function compatibilityRoutes(reads: Reads): void {
  reads('POST /compatibility/subjects/:subject/versions', (request, contents) => {
    const candidate = candidateIn(request)
    const whole = checkedWhole(contents, candidate)
    return verdict(request, reasonsAgainst(contents, candidate.subject, whole))
  })

  reads('POST /compatibility/subjects/:subject/versions/:version', (request, contents) => {
    const candidate = candidateIn(request)
    const whole = checkedWhole(contents, candidate)
    const { subject } = candidate
    // A subject that has none yet takes any.
    const isFirst = part(request, 'version') === 'latest' && listed(contents, subject).length === 0
    const others = isFirst ? [] : [versionIn(request, contents, false).whole]
    return verdict(request, incompatibilities(levelOf(contents, subject), whole, others))
  })
}

function verdict(request: FastifyRequest, reasons: readonly string[]): object {
  return { is_compatible: reasons.length === 0, ...(flag(request, 'verbose') && { messages: reasons }) }
}
