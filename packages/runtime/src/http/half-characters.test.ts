import assert from 'node:assert/strict'
import { test } from 'node:test'
import { hasHalfCharacter } from './half-characters.ts'

test('finds half a character, and no whole one', () => {
  for (const half of [
    '\\ud800',
    '\\uDC00',
    'a\\uD83Db',
    '\\ud83d\\ud83d\\ude00',
    '\\ude00\\ud83d',
    '\\\\\\ud800',
  ]) {
    assert.equal(hasHalfCharacter(`["${half}"]`), true, half)
    assert.equal((JSON.parse(`["${half}"]`) as [string])[0].isWellFormed(), false, half)
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
    assert.equal(hasHalfCharacter(`["${whole}"]`), false, whole)
    assert.equal((JSON.parse(`["${whole}"]`) as [string])[0].isWellFormed(), true, whole)
  }
})
