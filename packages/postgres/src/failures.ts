import { WaybillError } from '@waybill/core'
import { DatabaseError } from 'pg'
import { ConnectionLost } from './database.ts'

/** SQLSTATEs that the tables' own function raises. */
export const conflict = 'WB001'
export const offsetsLost = 'WB002'

/** Of two transactions one failed: it waited for the other, or both for each other. */
const races = new Set([conflict, '40001', '40P01'])

/** Of two that make the same row at the same time one fails by these. By any other key no race is lost. */
const raced = new Set(['entity_pkey', 'queue_pkey', 'reply_pkey'])

/** Timed out, out of something, or its disk fails: it may be different later. */
const shortage = /^(53|55P03|57014|58)/

/** What an error of the database means to the engine. Nothing was written. */
export function waybillError(error: unknown): unknown {
  if (error instanceof ConnectionLost) {
    return new WaybillError('STORE_UNAVAILABLE', 'The connection to the database broke', {
      cause: error.cause,
    })
  }
  if (!(error instanceof DatabaseError)) return error
  const { code = '', table, constraint = '' } = error
  const isTaken = code === '23505'
  if (code === offsetsLost || (isTaken && constraint === 'offsets_pkey')) {
    return new WaybillError('OFFSETS_LOST', error.message, { cause: error })
  }
  const isOfView = table?.startsWith('view_') === true && constraint.endsWith('_pkey')
  if (races.has(code) || (isTaken && (raced.has(constraint) || isOfView))) {
    return new WaybillError('BATCH_CONFLICT', error.message, { cause: error })
  }
  if (shortage.test(code)) return new WaybillError('STORE_UNAVAILABLE', error.message, { cause: error })
  return new WaybillError('INVARIANT_BROKEN', `The database refused: ${error.message}`, { cause: error })
}
