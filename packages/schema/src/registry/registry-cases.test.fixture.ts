import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { it } from 'node:test'
import type { AvroRecord } from '../avro-schema.ts'
import { standingAlone } from '../references.ts'
import { normalised } from './normalised.ts'
import type { Registry } from './registry.ts'

/** A record that goes with no other test, in a registry that others use too. */
export function recordNamed(name: string, ...fields: AvroRecord['fields']): AvroRecord {
  return {
    type: 'record',
    name,
    namespace: 'waybill.cases',
    fields: [{ name: 'id', type: 'string' }, ...fields],
  }
}

/** A name that nobody has used in a registry. */
export function unused(name: string): string {
  return `${name}_${randomUUID().replaceAll('-', '_')}`
}

const note = { name: 'note', type: ['null', 'string'], default: null } as const
const total = { name: 'total', type: 'long' } as const

/** What every registry does, wherever it is. */
export function registryCases(registryOf: () => Registry): void {
  it('gives the same schema the same id, in any subject and key order', async () => {
    const registry = registryOf()
    const [a, b, c, record] = [unused('a'), unused('b'), unused('c'), unused('Order')]
    const order = recordNamed(record)
    const withNote = recordNamed(record, note)
    const first = await registry.register(a, order)
    const second = await registry.register(a, withNote)
    assert.ok(first > 0 && second > first)
    assert.equal(await registry.register(a, order), first)
    assert.equal(await registry.register(b, withNote), second)
    const { type, fields, ...rest } = order
    const spelledOut = fields.map((field) => ({ type: { type: field.type }, name: field.name }))
    const reordered = { fields: spelledOut, ...rest, type } as unknown as AvroRecord
    assert.equal(await registry.register(a, reordered), first)

    const numbers = async (subject: string) =>
      (await registry.versions(subject)).map(({ version, id }) => [version, id])
    assert.deepEqual(await numbers(a), [
      [1, first],
      [2, second],
    ])
    assert.deepEqual(await numbers(b), [[1, second]])
    assert.deepEqual(await numbers(c), [])
    assert.equal(normalised((await registry.versions(a))[0]!.schema), normalised(order))
    assert.equal(normalised((await registry.schemaById(second))!), normalised(withNote))
  })

  it('has no schema for an id that nobody was given', async () => {
    const registry = registryOf()
    for (const id of [0, 2 ** 31 - 2, 2 ** 31 - 1, 2 ** 32 - 1, randomUUID()]) {
      assert.equal(await registry.schemaById(id), undefined, String(id))
    }
  })

  it('refuses what the level of the subject does not allow, and registers nothing then', async () => {
    const registry = registryOf()
    const [subject, record] = [unused('a'), unused('Order')]
    await registry.register(subject, recordNamed(record))
    const withTotal = recordNamed(record, total)
    assert.match((await registry.check(subject, withTotal)).join('\n'), /total/)
    await assert.rejects(registry.register(subject, withTotal), {
      code: 'SCHEMA_INCOMPATIBLE',
      message: new RegExp(`${subject}\n.*total`),
    })
    assert.equal((await registry.versions(subject)).length, 1)
    assert.deepEqual(await registry.check(subject, recordNamed(record, note)), [])
    assert.deepEqual(await registry.check(unused('b'), withTotal), [])

    await registry.setLevel(subject, 'NONE')
    assert.equal(await registry.level(subject), 'NONE')
    await registry.register(subject, withTotal)
    assert.equal((await registry.versions(subject)).length, 2)
  })

  it('holds a transitive level against all versions', async () => {
    const registry = registryOf()
    const [subject, record] = [unused('a'), unused('Order')]
    await registry.setLevel(subject, 'BACKWARD_TRANSITIVE')
    await registry.register(subject, recordNamed(record))
    await registry.register(subject, recordNamed(record, { ...total, default: 0 }))
    assert.match((await registry.check(subject, recordNamed(record, total))).join('\n'), /total/)
    assert.equal(await registry.level(subject), 'BACKWARD_TRANSITIVE')
  })

  it('takes any name for a subject', async () => {
    const registry = registryOf()
    const subject = `${unused('a')}/b c%20é?d=#e-value`
    const order = recordNamed(unused('Order'))
    const id = await registry.register(subject, order)
    assert.deepEqual(
      (await registry.versions(subject)).map((version) => version.id),
      [id],
    )
  })
}

/** What a registry does with schemas that name types of others. `register` answers with the schema's id. */
export function referenceCases(
  registryOf: () => Registry,
  register: (subject: string, body: object) => Promise<number>,
): void {
  it('gives a schema whole that was registered with references', async () => {
    const [money, line, order] = [unused('Money'), unused('Line'), unused('Order')]
    const refer = (name: string) => ({ name: `waybill.cases.${name}`, subject: `${name}-s`, version: 1 })
    const moneySchema = recordNamed(money)
    const lineSchema = recordNamed(line, { name: 'price', type: money })
    const orderSchema = recordNamed(order, {
      name: 'lines',
      type: { type: 'array', items: line },
    })
    const registered = async (name: string, schema: AvroRecord, references: object[]) =>
      register(`${name}-s`, { schema: JSON.stringify(schema), schemaType: 'AVRO', references })
    await registered(money, moneySchema, [])
    await registered(line, lineSchema, [refer(money)])
    const id = await registered(order, orderSchema, [refer(line)])

    const whole = standingAlone(orderSchema, [standingAlone(lineSchema, [moneySchema])])
    assert.match(JSON.stringify(whole), /price/)
    assert.equal(normalised((await registryOf().schemaById(id))!), normalised(whole))
  })
}
