import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createLogger } from './logger.ts'

function collect(json: boolean) {
  const lines: string[] = []
  return { lines, logger: createLogger({ json, sink: { write: (line) => void lines.push(line) } }) }
}

test('A log line for machines is one JSON object', () => {
  const { lines, logger } = collect(true)
  logger.info({ service: 'payment' }, 'started')
  const { time, ...rest } = JSON.parse(lines[0]!) as Record<string, string>
  assert.deepEqual(rest, { level: 'info', service: 'payment', msg: 'started' })
  assert.ok(!Number.isNaN(Date.parse(time!)))
})

test('A log line for people is readable', () => {
  const { lines, logger } = collect(false)
  logger.child({ system: 'shop' }).warn({ attempts: 2 }, 'event set aside')
  assert.match(lines[0]!, /^\d\d:\d\d:\d\d warn  event set aside system=shop attempts=2\n$/)
})

test('A log line for people stays one line, whatever it is about', () => {
  const { lines, logger } = collect(false)
  logger.warn({ type: 'Sold\n10:31:02 info  all is well\u001b[2J\u2028' }, 'event set aside')
  assert.match(lines[0]!, /event set aside type=Sold\\u000a10:31:02 info {2}all is well\\u001b\[2J\\u2028\n$/)
})

test('An error is shown with its stack', () => {
  const { lines, logger } = collect(false)
  logger.error({ err: new Error('broken pipe') }, 'failed')
  assert.match(lines[0]!, /failed\n {2}Error: broken pipe\n {4}at /)
})

test('Secrets are left out, wherever they are', () => {
  const { lines, logger } = collect(true)
  logger.info({
    password: 's3cret',
    body: { accessToken: 's3cret' },
    req: { headers: { authorization: 's3cret' } },
  })
  assert.doesNotMatch(lines[0]!, /s3cret/)
})
