import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { hashPassword, isCheap, verifyPassword } from './password.ts'

const me = 'of this test'

describe('passwords', () => {
  test('only the right one fits its hash, which is never the same twice', async () => {
    const [one, two] = await Promise.all([hashPassword('secret', me), hashPassword('secret', me)])
    assert.notEqual(one, two)
    assert.equal(await verifyPassword('secret', one, me), true)
    assert.equal(await verifyPassword('Secret', one, me), false)
    assert.equal(await verifyPassword('secret', undefined, me), false)
  })

  test('accents are the same however they are typed', async () => {
    assert.equal(await verifyPassword('caf\u00e9', await hashPassword('cafe\u0301', me), me), true)
  })

  test('a hash of an earlier version fits, and is known to have been cheap', async () => {
    // 'secret' with N = 2^14 and the salt `salt`.
    const cheap = 'scrypt$16384$8$1$c2FsdA$Bf-uvMpBdwr0JdS6m057zf9TIjfcqTHBkqNtlNtzB9Q'
    assert.equal(await verifyPassword('secret', cheap, me), true)
    assert.ok(isCheap(cheap))
    assert.ok(!isCheap(await hashPassword('secret', me)))
  })
})
