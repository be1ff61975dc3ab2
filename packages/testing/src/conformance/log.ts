import type { LogCase } from './log/context.ts'
import { delivery } from './log/delivery.ts'
import { positions } from './log/positions.ts'

/** The contract of a `Log`, case by case. */
export const logCases: readonly LogCase[] = [...delivery, ...positions]
