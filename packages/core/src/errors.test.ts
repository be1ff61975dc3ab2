import assert from 'node:assert/strict'
import { test } from 'node:test'
import { messageOf } from './errors.ts'

test('an error of several errors says what each of them says', () => {
  const refused = new AggregateError([
    new Error('connect ECONNREFUSED ::1'),
    'connect ECONNREFUSED 127.0.0.1',
  ])
  assert.equal(messageOf(refused), 'connect ECONNREFUSED ::1: connect ECONNREFUSED 127.0.0.1')
  assert.equal(
    messageOf(new AggregateError([refused], 'no broker answers')).indexOf('no broker answers: '),
    0,
  )
})
