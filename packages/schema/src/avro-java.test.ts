import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { describe, it } from 'node:test'
import type { AvroSchema } from './avro-schema.ts'
import { clashesBetween } from './compatibility.ts'

/**
 * What `org.apache.avro.SchemaCompatibility` of Apache Avro 1.12.0 for Java (Apache-2.0) says of every pair of schemas: those
 * of its own tests, `TestSchemas` and `TestSchemaCompatibility*`, and some where names, aliases and circles meet.
 */
interface Line {
  readonly schema: AvroSchema
  /** The lines, from 0 on, of the writers that it can read. */
  readonly reads: readonly number[]
  /** By the line of the writer, where Avro's own tests look at the pair: in which ways it cannot. */
  readonly clashes: Readonly<Record<number, readonly string[]>>
}

const lines = readFileSync(new URL('avro-java.test.fixture.jsonl', import.meta.url), 'utf8')
  .trim()
  .split('\n')
  .map((line) => JSON.parse(line) as Line)

describe('compatibility, against Apache Avro for Java', () => {
  for (const [number, { schema, reads, clashes }] of lines.entries()) {
    it(`${number} reads what it does there: ${JSON.stringify(schema).slice(0, 100)}`, () => {
      const found = lines.map((writer) => clashesBetween('BACKWARD', schema, writer.schema))
      const readable = found.flatMap((clashes, line) => (clashes.length === 0 ? [line] : []))
      assert.deepEqual(readable, reads)
      for (const [line, names] of Object.entries(clashes)) {
        const ours = new Set(found[Number(line)]!.map(({ name }) => name))
        assert.deepEqual([...ours].toSorted(), names, `against ${line}`)
      }
    })
  }
})
