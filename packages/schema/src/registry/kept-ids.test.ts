import assert from 'node:assert/strict'
import { it } from 'node:test'
import type { AvroRecord } from '../avro-schema.ts'
import { createEmbeddedRegistry } from './embedded.ts'
import { keepingIds } from './kept-ids.ts'
import { memoryStorage } from './storage.ts'

const record = (name: string): AvroRecord => ({
  type: 'record',
  name,
  fields: [{ name: 'id', type: 'string' }],
})

it('A registry is taken for another one when an id is gone or stands for another schema', async () => {
  const storage = memoryStorage()
  const registry = createEmbeddedRegistry()
  await registry.register('x', record('X'))
  const guarded = await keepingIds(registry, storage)
  assert.equal(await guarded.register('a', record('A')), 2)
  assert.equal(await guarded.register('b', record('B')), 3)
  assert.equal(await guarded.register('a', record('A')), 2)
  assert.deepEqual(
    (await storage.load()).map((kept) => kept.kind === 'schema' && [kept.subject, kept.version, kept.id]),
    [
      ['a', 1, 2],
      ['b', 1, 3],
    ],
  )
  await keepingIds(registry, storage)

  const other = createEmbeddedRegistry()
  for (const name of ['A', 'B']) await other.register(name, record(name))
  await assert.rejects(keepingIds(other, storage), {
    code: 'CONFIGURATION_INVALID',
    message: /\n {2}- 2, of a, is another schema there\n {2}- 3, of b, is not there$/,
  })
  // What was written with an external registry can be read with the embedded one, which goes on counting behind it.
  const embedded = createEmbeddedRegistry(storage)
  assert.deepEqual(await embedded.schemaById(3), record('B'))
  assert.equal(await embedded.register('c', record('C')), 4)
})
