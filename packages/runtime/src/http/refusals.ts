import type { Refusal, RefusalKind } from '@waybill/core'
import { problem, type Problem } from './problem.ts'

const statusOf: Record<RefusalKind, number> = {
  invalid: 422,
  conflict: 409,
  'not-found': 404,
  forbidden: 403,
  'payment-required': 402,
}

/** A command's or query's "no" as an answer. */
export function refusalProblem({ kind, code, detail, pointer }: Refusal): Problem {
  return problem(statusOf[kind], code, detail, pointer === undefined ? undefined : [{ pointer, detail }])
}
