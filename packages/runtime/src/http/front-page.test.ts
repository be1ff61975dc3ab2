import assert from 'node:assert/strict'
import { hash } from 'node:crypto'
import { after, before, test } from 'node:test'
import { createServer } from './server.ts'
import { pino } from 'pino'
import { addFrontPage } from './front-page.ts'
import { call } from './test-kit.ts'

const page = {
  title: 'post',
  description: 'Parcels & <letters>.',
  places: [
    { path: '/docs', what: 'To read.' },
    { path: '/parcels/{parcelId}', what: 'One parcel.' },
  ],
}
const http = createServer(pino({ level: 'silent' }))
const server = { address: '' }
before(async () => {
  addFrontPage(http, page)
  server.address = await http.listen({ host: '127.0.0.1', port: 0 })
})
after(() => http.close())

const browser = 'text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8'

test('A browser sees what is there, and can go on', async () => {
  const { status, headers, body } = await call(server, 'GET /', { headers: { accept: browser } })
  assert.equal(status, 200)
  assert.equal(headers.get('content-type'), 'text/html; charset=utf-8')
  assert.ok(body.includes('<a href="/docs">/docs</a>'))
  assert.ok(body.includes('Parcels &amp; &lt;letters>.'), 'text is text')
  assert.ok(!body.includes('href="/parcels/{'), 'a pattern is no link')
})

test('The page needs nothing but itself, and its policy allows nothing else', async () => {
  const { headers, body } = await call(server, 'GET /')
  assert.doesNotMatch(body, /<script|<img|<link|@import|url\(| src=| style=/)
  const policy = headers.get('content-security-policy')!
  assert.match(policy, /^default-src 'none'; /)
  const [, style] = /<style>([^]*)<\/style>/.exec(body)!
  assert.ok(policy.includes(`style-src 'sha256-${hash('sha256', style!, 'base64')}';`))
})

test('A program that asks for JSON gets JSON', async () => {
  for (const accept of ['application/json', 'application/json, text/html;q=0.5']) {
    const { headers, body } = await call(server, 'GET /', { headers: { accept } })
    assert.deepEqual(body, page)
    assert.match(headers.get('content-security-policy')!, /^default-src 'none'; frame-ancestors 'none'$/)
  }
})
