import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { Message } from '@waybill/core'
import { headerNames } from './cloud-event-headers.ts'
import { type IncomingRecord, readRecord } from './read-record.ts'

type Attributes = Readonly<Record<string, string>>

const place = { topic: 't', partition: 0, offset: 1, timestamp: 1, key: Buffer.from('k') }

function binary(attributes: Attributes): Message['event'] {
  const headers = Object.entries({ type: 'T', ...attributes }).map(
    ([name, text]) => [Buffer.from(`ce_${name}`), Buffer.from(text)] as const,
  )
  return readRecord({ ...place, value: Buffer.from('{}'), headers }, 'shop').event
}

function structured(attributes: Attributes): Message['event'] {
  const type = [Buffer.from('content-type'), Buffer.from('application/cloudevents+json')] as const
  const value = Buffer.from(JSON.stringify({ type: 'T', data: {}, ...attributes }))
  return readRecord({ ...place, value, headers: [type] }, 'shop').event
}

const uuid = '0198f4c6-2d4e-7a3b-8c5d-9e6f7a8b9c0d'

for (const [mode, read] of Object.entries({ binary, structured })) {
  describe(`An event from outside, in ${mode} mode`, () => {
    it('keeps an id that is a UUID, whatever its source', () => {
      assert.equal(read({ id: uuid, source: '/billing' }).id, uuid)
      assert.equal(read({ id: uuid.toUpperCase(), source: '/crm' }).id, uuid)
    })

    it('is another one than that of another source with the same id', () => {
      const [one, again, other] = ['/billing', '/billing', '/crm'].map(
        (source) => read({ id: '17', source }).id,
      )
      assert.equal(one, again)
      assert.notEqual(one, other)
    })

    it('has the flow and the cause that its source names', () => {
      const source = '/billing'
      const first = read({ id: '17', source })
      const second = read({ id: '18', source, correlationid: '17', causationid: '17' })
      assert.equal(first.correlationId, first.id)
      assert.equal(second.correlationId, first.id)
      assert.equal(second.causationId, first.id)
      assert.equal(read({ id: '18', source: '/crm', correlationid: uuid }).correlationId, uuid)
    })
  })
}

it('has the same id in both modes', () => {
  const event = { id: '17', source: '/billing' }
  assert.equal(binary(event).id, structured(event).id)
})

describe('Who has published a record', () => {
  const producerIn = (system: string, source?: string): string => {
    const headers = source === undefined ? [] : [[Buffer.from('ce_source'), Buffer.from(source)] as const]
    return readRecord({ ...place, value: null, headers }, system).producer
  }

  it('is the service that its source names', () => {
    assert.equal(producerIn('shop', '/waybill/shop/order'), 'order')
  })

  it('is nobody here when it names another system, something below a service, or what could be none', () => {
    const others = [
      '/waybill/shopping/order',
      '/waybill/shop/order/2',
      '/waybill/shop/',
      '/waybill/shop/Order\n',
      `/waybill/shop/${'o'.repeat(1_000)}`,
      'order',
    ]
    for (const source of others) assert.equal(producerIn('shop', source), '', source)
    assert.equal(producerIn('shop'), '')
  })
})

describe('A record', () => {
  const named = (name: string, value: string): [Buffer, Buffer] => [Buffer.from(name), Buffer.from(value)]
  const structuredMode = named(headerNames.contentType, 'application/cloudevents+json')
  const attributes = '"specversion":"1.0","id":"1","source":"/a","type":"T"'
  const read = (record: Partial<IncomingRecord>): Message['event'] =>
    readRecord({ ...place, value: null, headers: [], ...record }, 'shop').event

  it('of whatever bytes is read, and keeps its value if it is no event', () => {
    // The same bytes at each run.
    let state = 1
    const random = (below: number): number => {
      state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0
      return (state >>> 8) % below
    }
    const bytes = (max: number): Buffer => Buffer.from(Array.from({ length: random(max) }, () => random(256)))
    const maybe = (buffer: Buffer): Buffer | null => (random(8) === 0 ? null : buffer)
    const names = Object.values(headerNames)
    for (let n = 0; n < 20_000; n += 1) {
      const headers = Array.from(
        { length: random(8) },
        () => [maybe(Buffer.from(names[random(names.length)]!)), maybe(bytes(40))] as const,
      )
      if (random(4) === 0) headers.push(structuredMode)
      const json = Buffer.from(`{${attributes},"data":${bytes(20).toString('latin1')}}`)
      const value = maybe(random(2) === 0 ? json : bytes(60))
      const event = read({ key: maybe(bytes(40)), value, headers, offset: n })
      if (event.type === '' && !headers.some(([name]) => name?.toString() === headerNames.valueSchemaId)) {
        assert.deepEqual(Buffer.from(event.payload), value ?? Buffer.alloc(0))
      }
    }
  })

  it('in structured mode is read however deep it is, or keeps its value', () => {
    for (const depth of [10, 1_000, 300_000]) {
      const value = Buffer.from(`{${attributes},"data":${'['.repeat(depth)}${']'.repeat(depth)}}`)
      const { type, payload } = read({ value, headers: [structuredMode] })
      const data = value.subarray(value.indexOf('['), -1)
      assert.deepEqual([type, Buffer.from(payload)], depth < 2_000 ? ['T', data] : ['', value])
    }
  })

  it('takes the last of headers that are given twice', () => {
    const headers = [
      named('ce_id', 'a'),
      named('ce_type', 'A'),
      named('ce_type', 'B'),
      named('ce_source', '/a'),
      named('ce_source', '/waybill/shop/b'),
    ]
    const { event, producer } = readRecord({ ...place, value: null, headers }, 'shop')
    assert.deepEqual([event.type, producer], ['B', 'b'])
  })

  it('is no event when its type could not be shown or logged', () => {
    for (const type of ['', 'T\n', 'T\u001b[2J', 'T'.repeat(201)]) {
      assert.equal(read({ headers: [named('ce_id', 'a'), named('ce_type', type)] }).type, '')
    }
  })
})
