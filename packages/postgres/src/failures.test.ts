import assert from 'node:assert/strict'
import { test } from 'node:test'
import { WaybillError } from '@waybill/core'
import { DatabaseError } from 'pg'
import { waybillError } from './failures.ts'

function codeOf(parts: Partial<DatabaseError>): string {
  const error = waybillError(Object.assign(new DatabaseError('no', 0, 'error'), parts))
  assert.ok(error instanceof WaybillError)
  return error.code
}

test('a key that is taken is a conflict where a race can be lost by it, and nowhere else', () => {
  const taken = (table: string, constraint = `${table}_pkey`): string =>
    codeOf({ code: '23505', table, constraint })
  for (const table of ['entity', 'queue', 'reply', 'view_people', 'view_a-very-long-name']) {
    assert.equal(taken(table), 'BATCH_CONFLICT')
  }
  assert.equal(taken('offsets'), 'OFFSETS_LOST')
  for (const table of ['event', 'event_subject', 'entity_hot', 'deadline', 'parked', 'inbox']) {
    assert.equal(taken(table), 'INVARIANT_BROKEN')
  }
  assert.equal(taken('entity', 'one_of_somebody_else'), 'INVARIANT_BROKEN')
})

test('what may be different later is unavailable, what never changes is a defect', () => {
  assert.equal(codeOf({ code: '40P01' }), 'BATCH_CONFLICT')
  assert.equal(codeOf({ code: '53100' }), 'STORE_UNAVAILABLE')
  assert.equal(codeOf({ code: '57014' }), 'STORE_UNAVAILABLE')
  // A row that no index takes.
  assert.equal(codeOf({ code: '54000' }), 'INVARIANT_BROKEN')
})
