import assert from 'node:assert/strict'
import { test } from 'node:test'
import { sizes } from '@waybill/core'
import { oversized } from './oversized.ts'

function nested(levels: number): unknown {
  return levels === 0 ? 1 : { in: nested(levels - 1) }
}

test('a field is named by the size that it exceeds', () => {
  const key = 'ü'.repeat(sizes.keyBytesMax / 2)
  assert.deepEqual(oversized({ key }), [])
  assert.deepEqual(oversized({ 'a/b': [{ key: `${key}!` }] }), [
    { pointer: '/a~1b/0/key', detail: 'must not have more than 1000 bytes' },
  ])
  assert.deepEqual(oversized({ ids: Array.from({ length: sizes.idsMax + 1 }, String), few: ['1'] }), [
    { pointer: '/ids', detail: 'must not have more than 1000 items' },
  ])
  const notes = 'x'.repeat(sizes.payloadBytesMax)
  assert.deepEqual(oversized({ small: 1, notes }), [
    { pointer: '/notes', detail: `is too large: ${sizes.payloadBytesMax + 2} bytes` },
  ])
  assert.deepEqual(oversized({ tree: nested(sizes.depthMax - 1) }), [])
  assert.deepEqual(oversized({ flat: 1, tree: nested(sizes.depthMax) }), [
    { pointer: '/tree', detail: 'is more than 64 levels deep' },
  ])
})
