import assert from 'node:assert/strict'
import { test } from 'node:test'
import { originalJson, originalText, storableJson, storableText } from './storable.ts'

const texts = [
  '',
  'plain',
  '\0',
  '\u0001',
  'a\0\u0001\u0002\0b',
  '\u0001\u0001',
  String.raw`\u0000 \\u0001`,
  '\\\0',
]

test('any text is stored without the character 0 and comes back as it was', () => {
  for (const text of texts) {
    assert.ok(!storableText(text).includes('\0'))
    assert.equal(originalText(storableText(text)), text)
    const json = { [text]: [text] }
    assert.ok(
      !storableJson(json)
        .replaceAll(String.raw`\\`, '')
        .includes(String.raw`\u0000`),
    )
    assert.deepEqual(originalJson(storableJson(json)), json)
  }
})

test('stored texts have the order of the originals', () => {
  const sorted = [
    '',
    '\0',
    '\0\0',
    '\0a',
    '\u0001',
    '\u0001\0',
    '\u0001\u0001',
    '\u0002',
    'a',
    'a\0',
    'a\u0001',
  ]
  assert.deepEqual(sorted.map(storableText).toSorted(), sorted.map(storableText))
})

test('half a surrogate pair is replaced', () => {
  assert.equal(storableJson('a\ud83d'), String.raw`"a\ufffd"`)
  assert.equal(storableJson('😀'), '"😀"')
})
