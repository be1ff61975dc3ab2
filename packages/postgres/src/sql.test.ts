import assert from 'node:assert/strict'
import { test } from 'node:test'
import { join, raw, sql, statement } from './sql.ts'

test('pieces of SQL keep the order of their parameters', () => {
  const condition = join([sql`a = ${1}`, sql`b = ${'x'}`], ' and ')
  const { text, values } = statement(sql`select ${raw('c')} from t where ${condition} limit ${5}`)
  assert.equal(text, 'select c from t where a = $1 and b = $2 limit $3')
  assert.deepEqual(values, [1, 'x', 5])
})

test('one text has one name, another text another', () => {
  const name = (amount: number): string | undefined => statement(sql`select ${amount}`).name
  assert.equal(name(1), name(2))
  assert.notEqual(name(1), statement(sql`select ${1} + 1`).name)
})
