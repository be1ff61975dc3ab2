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

test('What others have sent cannot forge a line, steer a terminal or turn a text around', () => {
  const attack = 'Paid\n10:31:02 info  all is well\r\u001b[2J\u009b31m\u2028\u202e'
  const shown = 'Paid\\u000a10:31:02 info  all is well\\u000d\\u001b[2J\\u009b31m\\u2028\\u202e'
  const people = collect(false)
  people.logger.warn({ type: attack, [attack]: 1, list: [attack] }, attack)
  people.logger.error({ err: new Error(attack) }, 'failed')
  const [line, failure] = people.lines as [string, string]
  assert.match(line, /^[^\n]*\n$/)
  assert.ok(line.includes(`type=${shown}`))
  assert.match(failure, /\n {4}10:31:02 info {2}all is well\\u000d/)
  // oxlint-disable-next-line no-control-regex -- they are what must not be there
  const obeyed = /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u2028\u202e]/
  for (const text of people.lines) assert.doesNotMatch(text, obeyed)

  const machines = collect(true)
  machines.logger.warn({ type: attack }, attack)
  assert.match(machines.lines[0]!, /^[^\n]*\n$/)
  assert.doesNotMatch(machines.lines[0]!, obeyed)
  const { type, msg } = JSON.parse(machines.lines[0]!) as Record<string, string>
  assert.deepEqual([type, msg], [attack, attack])
})
