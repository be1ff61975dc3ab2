import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { openFace } from './face.test.fixture.ts'

/** A request, perhaps its body, and what is answered: a status, or an error code; and what the body has. */
type Step = readonly [request: string, body: unknown, answer: number, has?: unknown]

const fieldOf = (name: string, more: object = {}) => ({ type: 'string', name, ...more })
const record = (...fields: object[]) =>
  JSON.stringify({ type: 'record', name: 'myrecord', fields: fields.length === 0 ? [fieldOf('f1')] : fields })
const send = (schema: string, more: object = {}) => ({ schema, ...more })
const f1 = send(record())
const f1f2 = send(record(fieldOf('f1'), fieldOf('f2')))
const f1f3 = send(record(fieldOf('f1'), fieldOf('f3')))
const f1f2Default = send(record(fieldOf('f1'), fieldOf('f2', { default: 'foo' })))
const f1f2f3Default = send(record(fieldOf('f1'), fieldOf('f2'), fieldOf('f3', { default: 'foo' })))
const other = send(record({ type: 'int', name: 'foo' }))
const level = (compatibility: string) => ({ compatibility })
const shown = (compatibilityLevel: string) => ({ compatibilityLevel })
const register = 'POST /subjects/s/versions'

/**
 * What Confluent's Schema Registry answers. The facts are those that its own tests AbstractRestApiTest and
 * AbstractRestApiCompatibilityTest hold it to (Confluent Community License; none of their code or text is here).
 */
const cases: readonly (readonly [string, readonly Step[]])[] = [
  [
    'a new required field is refused with the name of the reason, one with a default is let in',
    [
      [register, f1, 200, { id: 1 }],
      [register, f1f2, 40901, /READER_FIELD_MISSING_DEFAULT_VALUE/],
      [register, send('no Avro'), 42201],
      [register, f1f2Default, 200, { id: 2 }],
    ],
  ],
  [
    'without a level everything is let in',
    [
      [register, f1, 200, { id: 1 }],
      [register, f1f2, 40901],
      ['PUT /config', level('NONE'), 200, level('NONE')],
      [register, f1f2, 200, { id: 2 }],
    ],
  ],
  [
    'the level of all can change, and holds for what comes then',
    [
      [register, f1, 200, { id: 1 }],
      ['GET /config', undefined, 200, shown('BACKWARD')],
      ['PUT /config', level('FORWARD'), 200, level('FORWARD')],
      ['GET /config', undefined, 200, shown('FORWARD')],
      [register, f1f2, 200, { id: 2 }],
      ['PUT /config', level('BACKWARD'), 200, level('BACKWARD')],
      [register, send(record(fieldOf('f1'), fieldOf('f2'), fieldOf('f3'))), 40901],
      [register, f1f2f3Default, 200, { id: 3 }],
    ],
  ],
  [
    'a refusal tells the version, the schema and the level that it was held against',
    [
      [register, f1f2, 200, { id: 1 }],
      [register, f1, 200, { id: 2 }],
      ['PUT /config/s', level('FORWARD_TRANSITIVE'), 200],
      ['POST /compatibility/subjects/s/versions/latest', f1f3, 200, { is_compatible: true }],
      ['POST /compatibility/subjects/s/versions', f1f3, 200, { is_compatible: false }],
      [register, f1f3, 40901, /oldSchemaVersion: 1.*oldSchema: .*f2.*compatibility: 'FORWARD_TRANSITIVE'/],
    ],
  ],
  [
    'a group of compatibility can be set without a level, and leaves the level as it is',
    [
      ['PUT /config', { compatibilityGroup: 'application.version', validateFields: false }, 200],
      ['GET /config', undefined, 200, { ...shown('BACKWARD'), compatibilityGroup: 'application.version' }],
      [register, f1, 200],
      [register, f1f2, 40901],
    ],
  ],
  [
    'whether schemas are normalized, and an alias, can be set without a level, and stay when it changes',
    [
      ['PUT /config/s', { normalize: true }, 200, { normalize: true }],
      ['GET /config/s', undefined, 200, { normalize: true }],
      ['PUT /config/s', { alias: 't', ...level('full') }, 200, { alias: 't', ...level('FULL') }],
      ['GET /config/s', undefined, 200, { normalize: true, alias: 't', ...shown('FULL') }],
      ['PUT /config/s', level('SOME'), 42203],
      ['DELETE /config/s', undefined, 200, { normalize: true, ...shown('FULL') }],
      ['GET /config/s', undefined, 40408],
    ],
  ],
  [
    'a schema has one id under all subjects, and its version counts in each',
    [
      ['PUT /config', level('NONE'), 200],
      [register, f1, 200, { id: 1 }],
      ['POST /subjects/s', f1, 200, { id: 1, version: 1 }],
      [register, other, 200, { id: 2 }],
      ['POST /subjects/s', other, 200, { id: 2, version: 2 }],
      ['POST /subjects/t/versions', other, 200, { id: 2 }],
      ['POST /subjects/t', other, 200, { id: 2, version: 1 }],
    ],
  ],
  [
    'asking whether a schema would be let in lets nothing in',
    [
      [register, f1, 200],
      ['POST /compatibility/subjects/s/versions/latest', f1, 200, { is_compatible: true }],
      ['POST /compatibility/subjects/s/versions/latest', f1f2, 200, { is_compatible: false }],
      ['POST /compatibility/subjects/s/versions/1', f1f2Default, 200, { is_compatible: true }],
      ['GET /subjects/s/versions', undefined, 200, [1]],
    ],
  ],
  [
    'a level can be set for a subject that is not there yet, and goes back to that of all',
    [
      ['PUT /config/s', level('FORWARD'), 200, level('FORWARD')],
      ['GET /config/s', undefined, 200, shown('FORWARD')],
      ['GET /config', undefined, 200, shown('BACKWARD')],
      ['DELETE /config/s', undefined, 200, shown('FORWARD')],
      ['GET /config/s?defaultToGlobal=true', undefined, 200, shown('BACKWARD')],
    ],
  ],
  [
    'what is not there has its own code',
    [
      ['GET /schemas/ids/100', undefined, 40403],
      ['GET /subjects/Invalid/versions', undefined, 40401],
      ['GET /subjects/non-existing-subject/versions/1', undefined, 40401],
      [register, f1, 200],
      ['GET /subjects/s/versions/200', undefined, 40402],
      ['GET /subjects/s/versions/0', undefined, 42202],
      ['POST /subjects/%0Dbad%0Asubject%09/versions', f1, 42208],
      [
        'GET /schemas/ids/1',
        undefined,
        200,
        { schema: f1.schema.replace(/"type":"string","name":"f1"/, '"name":"f1","type":"string"') },
      ],
      ['GET /schemas/ids/1?format=bad-format', undefined, 200],
      ['POST /subjects/t', f1, 40401],
      ['POST /subjects/s', other, 40403],
    ],
  ],
  [
    'an id that was imported keeps its meaning',
    [
      ['PUT /mode', { mode: 'IMPORT' }, 200],
      [register, { ...f1, id: 1, version: 1 }, 200, { id: 1 }],
      [register, { ...f1f2, id: 1, version: 2 }, 42205],
      ['POST /subjects/t/versions', { ...f1f2, id: 1, version: 1 }, 42205],
      [register, { ...f1, id: 1, version: 1 }, 200, { id: 1 }],
    ],
  ],
  [
    'who is referred to cannot be deleted before who refers',
    [
      [
        'POST /subjects/ref/versions',
        send('{"type":"record","name":"Sub","namespace":"ns","fields":[]}'),
        200,
      ],
      [
        register,
        send(record({ name: 'sub', type: 'ns.Sub' }), {
          references: [{ name: 'ns.Sub', subject: 'ref', version: 1 }],
        }),
        200,
        { id: 2 },
      ],
      ['GET /subjects/ref/versions/1/referencedby', undefined, 200, [2]],
      [
        'POST /subjects/s',
        send(record({ name: 'sub', type: { type: 'record', name: 'Sub', namespace: 'ns', fields: [] } })),
        200,
        { id: 2 },
      ],
      ['DELETE /subjects/ref/versions/1', undefined, 42206],
      ['DELETE /subjects/s/versions/1', undefined, 200],
      ['GET /subjects/ref/versions/1/referencedby', undefined, 200, []],
      ['DELETE /subjects/ref/versions/1', undefined, 200],
    ],
  ],
  [
    'the level of a subject outlives a deletion that can be undone, and not one for good',
    [
      [register, f1, 200],
      ['PUT /config/s', level('FULL'), 200],
      ['DELETE /subjects/s', undefined, 200, [1]],
      ['GET /config/s', undefined, 200, shown('FULL')],
      ['DELETE /subjects/s?permanent=true', undefined, 200, [1]],
      ['GET /config/s', undefined, 40408],
    ],
  ],
  [
    'a name with its namespace in it, and a type in an object of its own, are the same schema',
    [
      [
        register,
        send('{"type":"record","name":"R","namespace":"ns","fields":[{"name":"a","type":"int"}]}'),
        200,
        { id: 1 },
      ],
      [
        register,
        send('{"type":"record","name":"ns.R","fields":[{"name":"a","type":{"type":"int"}}]}'),
        200,
        { id: 1 },
      ],
      ['POST /subjects/t/versions', send('{"type":"string"}'), 200, { id: 2 }],
      ['GET /schemas/ids/2', undefined, 200, { schema: '"string"' }],
    ],
  ],
  [
    'who insists is let in',
    [
      [register, f1, 200],
      [`${register}?force=false`, f1f2, 40901],
      [`${register}?force=true`, f1f2, 200, { id: 2 }],
    ],
  ],
]

describe("embedded registry's REST API, by the cases of Confluent's", () => {
  for (const [what, steps] of cases) {
    it(what, async () => {
      const face = await openFace()
      try {
        for (const [request, sent, answer, has] of steps) {
          const { status, body } = await face.ask(request, sent)
          const where = `${request} ${JSON.stringify(sent)}: ${JSON.stringify(body)}`
          assert.equal(status === 200 ? status : body.error_code, answer, where)
          if (status !== 200) assert.equal(String(body.error_code).slice(0, 3), String(status), where)
          if (has instanceof RegExp) assert.match(body.message, has)
          else if (Array.isArray(has)) assert.deepEqual(body, has, where)
          else if (has !== undefined) assert.partialDeepStrictEqual(body, has, where)
        }
      } finally {
        await face.close()
      }
    })
  }

  it('refuses what would keep it busy, at once', async () => {
    const face = await openFace()
    try {
      const deep = `${'{"type":"array","items":'.repeat(20_000)}"int"${'}'.repeat(20_000)}`
      const wide = JSON.stringify(
        Array.from({ length: 5000 }, (_, i) => ({ type: 'record', name: `R${i}`, fields: [] })),
      )
      const long = record(...Array.from({ length: 6000 }, (_, i) => fieldOf(`f${i}`)))
      for (const [schema, reason] of [
        [long, /more than 5000 fields/],
        [deep, /more than 256 levels deep/],
        [wide, /more than 1000 types/],
      ] as const) {
        const { status, body } = await face.ask(register, { schema })
        assert.deepEqual([status, body.error_code], [422, 42201])
        assert.match(body.message, reason)
      }
    } finally {
      await face.close()
    }
  })
})
