import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isNestedDeeper } from './nesting.ts'

test('counts lists and objects that stand in each other, and no others', () => {
  const cases: [string, number][] = [
    ['1', 0],
    ['[[],[],{}]', 2],
    ['{"a":[{"b":[1]}]}', 4],
    ['["[[[[", "\\"[[[", "\\\\", {}]', 2],
    ['[1', 1],
  ]
  for (const [text, depth] of cases) {
    assert.equal(isNestedDeeper(text, depth), false, text)
    if (depth > 0) assert.equal(isNestedDeeper(text, depth - 1), true, text)
  }
})

test('takes no stack, however deep it is', () => {
  assert.equal(isNestedDeeper('['.repeat(1_000_000), 999_999), true)
})
