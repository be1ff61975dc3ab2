import assert from 'node:assert/strict'
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, it } from 'node:test'
import { internal } from '@waybill/core'
import { type TObject, Type } from 'typebox'
import { checkSchemas, writeSchemas } from './files.ts'
import { shopWith } from './system.test.fixture.ts'

const orderId = Type.String()
const created = (data: TObject) => internal('OrderCreated', { data })
const Paid = internal('order.paid', { data: Type.Object({ orderId }) })
const system = shopWith(created(Type.Object({ orderId })), Paid)

describe('schema files', () => {
  let folder: string
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'schemas-'))
  })
  afterEach(() => rm(folder, { recursive: true }))

  it('are written one an event, and then have no drift', async () => {
    const inside = join(folder, 'new', 'schemas')
    await writeSchemas(system, inside)
    assert.deepEqual((await readdir(inside)).toSorted(), ['OrderCreated.avsc', 'order.paid.avsc'])
    const text = await readFile(join(inside, 'OrderCreated.avsc'), 'utf8')
    assert.equal(text, `${JSON.stringify(JSON.parse(text), null, 2)}\n`)
    assert.deepEqual(await checkSchemas(system, inside), [])
  })

  it('are missing where the folder is', async () => {
    assert.deepEqual(await checkSchemas(system, join(folder, 'none')), [
      { file: 'OrderCreated.avsc', drift: 'missing', incompatible: [] },
      { file: 'order.paid.avsc', drift: 'missing', incompatible: [] },
    ])
  })

  it('differ, lack and exceed; and writing mends it', async () => {
    await writeSchemas(system, folder)
    await writeFile(join(folder, 'README.md'), 'not a schema')
    const Shipped = internal('OrderShipped', { data: Type.Object({ orderId }) })
    const compatible = Type.Object({ orderId, note: Type.Optional(Type.String()) })
    const changed = shopWith(created(compatible), Shipped)
    const drift = [
      { file: 'OrderCreated.avsc', drift: 'differs', incompatible: [] },
      { file: 'OrderShipped.avsc', drift: 'missing', incompatible: [] },
      { file: 'order.paid.avsc', drift: 'extra', incompatible: [] },
    ]
    assert.deepEqual(await checkSchemas(changed, folder), drift)
    assert.deepEqual(await writeSchemas(changed, folder), drift)
    assert.deepEqual(await checkSchemas(changed, folder), [])
    assert.deepEqual((await readdir(folder)).toSorted(), [
      'OrderCreated.avsc',
      'OrderShipped.avsc',
      'README.md',
    ])
  })

  it('say why a change is not compatible with what is committed', async () => {
    await writeSchemas(system, folder)
    const breaking = shopWith(created(Type.Object({ orderId, total: Type.Integer() })), Paid)
    assert.deepEqual(await checkSchemas(breaking, folder), [
      {
        file: 'OrderCreated.avsc',
        drift: 'differs',
        incompatible: ['total: the old schema lacks it and the new one has no default'],
      },
    ])
  })

  it('may be broken', async () => {
    await writeSchemas(system, folder)
    await writeFile(join(folder, 'order.paid.avsc'), '<<<<<<< HEAD')
    const [drift] = await checkSchemas(system, folder)
    assert.equal(drift?.file, 'order.paid.avsc')
    assert.match(drift.incompatible[0]!, /^the committed file is not valid: /)
  })
})
