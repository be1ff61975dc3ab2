import assert from 'node:assert/strict'
import { test } from 'node:test'
import { reachable } from './reachable.ts'

function from(host: string, found: string | Error): Promise<string> {
  const lookup = async (name: string): Promise<string> => {
    assert.equal(name, 'order-7f9c')
    if (found instanceof Error) throw found
    return found
  }
  return reachable('http://127.0.0.1:9000', host, { name: 'order-7f9c', lookup })
}

test('A server on every address is reached at the address of its container', async () => {
  assert.equal(await from('0.0.0.0', '10.0.0.7'), 'http://10.0.0.7:9000')
  assert.equal(await from('::', 'fd00::7'), 'http://[fd00::7]:9000')
})

test('Where the name of the machine stands for the loopback or for nothing, others get the name', async () => {
  for (const found of ['127.0.1.1', '::1', new Error('ENOTFOUND')]) {
    assert.equal(await from('0.0.0.0', found), 'http://order-7f9c:9000')
  }
})

test('A server on one address is reached there', async () => {
  assert.equal(await from('127.0.0.1', '10.0.0.7'), 'http://127.0.0.1:9000')
})
