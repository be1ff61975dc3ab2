import type { Mutation } from './mutation.ts'
import { ofDecisions } from './of-decisions.ts'
import { ofInputs } from './of-inputs.ts'

/** All of them: each is noticed by a case. */
export const mutations: readonly Mutation[] = [...ofDecisions, ...ofInputs]
