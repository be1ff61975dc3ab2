import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { Message } from '@waybill/core'
import { readRecord } from './read-record.ts'

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
