import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { hashPassword, verifyPassword } from './password.ts'

describe('passwords', () => {
  test('only the right one fits its hash, which is never the same twice', async () => {
    const [one, two] = await Promise.all([hashPassword('secret'), hashPassword('secret')])
    assert.notEqual(one, two)
    assert.equal(await verifyPassword('secret', one), true)
    assert.equal(await verifyPassword('Secret', one), false)
    assert.equal(await verifyPassword('secret', undefined), false)
  })

  test('accents are the same however they are typed', async () => {
    assert.equal(await verifyPassword('caf\u00e9', await hashPassword('cafe\u0301')), true)
  })

  test('a crowd is turned away instead of queueing without end', async () => {
    const hashes = await Promise.allSettled(
      Array.from({ length: 110 }, () => verifyPassword('x', 'scrypt$2$1$1$AA$AA')),
    )
    assert.equal(hashes.filter(({ status }) => status === 'rejected').length, 8)
  })
})
