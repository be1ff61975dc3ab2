import assert from 'node:assert/strict'
import { test } from 'node:test'
import { nextTry } from './next-try.ts'

test('the next try is a moment, or there is none', () => {
  assert.equal(nextTry({ nextAt: 0 }), '1970-01-01T00:00:00.000Z')
  assert.equal(nextTry({ nextAt: Number.MAX_SAFE_INTEGER }), null)
})
