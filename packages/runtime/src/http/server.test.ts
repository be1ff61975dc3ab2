import assert from 'node:assert/strict'
import { once } from 'node:events'
import { type AddressInfo, connect } from 'node:net'
import { test } from 'node:test'
import { pino } from 'pino'
import { closeServer, createServer } from './server.ts'

test('Who sends slowly is cut off when his time is over, not half a minute later', async (t) => {
  const lines: string[] = []
  const http = createServer(pino({}, { write: (line) => void lines.push(line) }))
  http.post('/', () => ({}))
  assert.equal(http.server.requestTimeout, 30_000)
  http.server.requestTimeout = 300
  http.server.headersTimeout = 300
  t.after(() => closeServer(http))
  await http.listen({ host: '127.0.0.1', port: 0 })
  const { port } = http.server.address() as AddressInfo

  const slow = [
    'POST / HTTP/1.1\r\nhost: a\r\ncontent-type: application/json\r\ncontent-length: 1000\r\n\r\n{',
    'POST / HTTP/1.1\r\nhost: a\r\nx-slow: ',
  ]
  const begin = performance.now()
  await Promise.all(
    slow.map(async (beginning) => {
      const socket = connect(port, '127.0.0.1')
      let answer = ''
      socket.on('data', (text) => (answer += String(text)))
      socket.write(beginning)
      // A byte now and then is what keeps up other limits.
      const drip = setInterval(() => socket.write(' '), 50)
      socket.on('error', () => {})
      await once(socket, 'close')
      clearInterval(drip)
      assert.match(answer, /^HTTP\/1.1 408 /)
    }),
  )
  const tookMs = performance.now() - begin
  assert.ok(tookMs < 5_000, `${tookMs} ms`)
  // It is the sender's fault, and no news.
  assert.doesNotMatch(lines.join(''), /"level":(40|50)/)
})
