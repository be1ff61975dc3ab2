import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { Check } from 'typebox/value'
import { openShop } from './open-shop.ts'

const shop = await openShop()
after(() => shop.close())
const { body: document }: any = await shop.send('GET /openapi.json')

interface Described {
  readonly schema?: any
  readonly example?: unknown
}

/** Every part of the document that has a schema. */
function described(part: unknown): readonly Described[] {
  if (typeof part !== 'object' || part === null) return []
  const own = 'schema' in part ? [part as Described] : []
  return [...own, ...Object.values(part).flatMap(described)]
}

test('every example of the document can be sent, or comes, as it stands there', () => {
  const examples = described(document.paths).filter(({ example }) => example !== undefined)
  for (const { schema, example } of examples) assert.ok(Check(schema, example), JSON.stringify(example))
  const { example } = document.paths['/api/products'].post.requestBody.content['application/json']
  assert.equal(example.price.currency, 'KRW')
})

test('every body, answer and parameter has an example', () => {
  for (const [path, item] of Object.entries<any>(document.paths)) {
    for (const { parameters, requestBody, responses } of Object.values<any>(item)) {
      const contents = [requestBody, ...Object.values<any>(responses)].flatMap(
        (part) => part?.content?.['application/json'] ?? [],
      )
      const fields = parameters.filter(({ in: where }: any) => where !== 'header')
      for (const each of [...contents, ...fields]) assert.notEqual(each.example, undefined, path)
    }
  }
})

test('the document has the WebSocket, with its messages and close codes', () => {
  const { description, ...socket } = document.paths['/ws/notifications'].get
  assert.deepEqual(Object.keys(socket['x-websocket'].closeCodes), ['1009', '1011', '1013', '4401', '4429'])
  assert.match(description, /POST \/api\/notifications\/tickets/)
  assert.match(description, /\| 4401 \|/)
})
