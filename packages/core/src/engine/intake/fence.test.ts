import assert from 'node:assert/strict'
import { test } from 'node:test'
import { fenceOf } from './fence.ts'

const at = (next: number) => ({ source: 'orders', partition: 1, next })

test('a fence keeps what was saved when messages were taken, whatever is heard of it later', () => {
  const saved = new Map([['orders/1', at(5)]])
  const fence = fenceOf({}, saved)
  // The partition went to another process and came back, further on.
  saved.set('orders/1', at(9))
  assert.deepEqual(fence.expecting([at(8)]), [{ ...at(8), expected: 5 }])
})

test('a log that began anew may go back', () => {
  const fence = fenceOf({}, new Map([['orders/1', { ...at(5), mark: 'a' }]]))
  assert.deepEqual(fence.expecting([{ ...at(2), mark: 'a' }]), [])
  assert.deepEqual(fence.expecting([{ ...at(2), mark: 'b' }]), [{ ...at(2), mark: 'b', expected: 5 }])
})

test('of a log of which nothing has come yet it is saved which one it is', () => {
  const one = { ...at(0), mark: 'a' }
  const fence = fenceOf({}, new Map([['orders/1', at(0)]]))
  assert.deepEqual(fence.expecting([at(0)]), [])
  assert.deepEqual(fence.expecting([one]), [{ ...one, expected: 0 }])
  fence.moved([one])
  assert.deepEqual(fence.expecting([one]), [])
  const other = { ...one, mark: 'b' }
  assert.deepEqual(fence.expecting([other]), [{ ...other, expected: 0 }])
})

test('a fence moves with the parts of its batch, and only forward', () => {
  const fence = fenceOf({}, new Map())
  assert.deepEqual(fence.expecting([at(3)]), [{ ...at(3), expected: 0 }])
  fence.moved([at(3)])
  assert.deepEqual(fence.expecting([at(3)]), [])
  assert.deepEqual(fence.expecting([at(4)]), [{ ...at(4), expected: 3 }])
})
