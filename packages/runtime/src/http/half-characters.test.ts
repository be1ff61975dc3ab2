import assert from 'node:assert/strict'
import { test } from 'node:test'
import { halfCharacters } from './half-characters.ts'

const detail = 'must not hold half a character'

test('finds half a character, and no whole one', () => {
  for (const half of [
    '\\ud800',
    '\\uDC00',
    'a\\uD83Db',
    '\\ud83d\\ud83d\\ude00',
    '\\ude00\\ud83d',
    '\\\\\\ud800',
  ]) {
    assert.deepEqual(halfCharacters(`["a","${half}"]`, 9), [{ pointer: '/1', detail }], half)
  }
  for (const whole of [
    '\\ud83d\\ude00',
    '\\uD83D\\uDE00',
    '😀',
    '\\\\ud800',
    '\\u00e9',
    '\\\\\\\\ud800',
    '\\n',
  ]) {
    assert.deepEqual(halfCharacters(`["${whole}"]`, 9), [], whole)
  }
})

test('names each field, be it deep, the whole, or a name', () => {
  const found = halfCharacters('{"a":{"b/c":["x","\\ud800"]},"d":"\\udfff","e":"\\\\"}', 9)
  assert.deepEqual(
    found.map(({ pointer }) => pointer),
    ['/a/b~1c/1', '/d'],
  )
  assert.deepEqual(halfCharacters('"\\ud800"', 9), [{ pointer: '', detail }])
  assert.deepEqual(halfCharacters('{"\\ud800":1}', 9), [{ pointer: '', detail }])
})
