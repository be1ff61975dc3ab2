import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

const main = fileURLToPath(new URL('./main.ts', import.meta.url))

// In a process of its own: what the test runner knows of each promise makes a run five times as long.
test('whatever goes wrong, no system loses what must hold', async () => {
  const { stdout } = await promisify(execFile)(
    process.execPath,
    ['--conditions=@waybill/source', main, '--seeds', '100'],
    { maxBuffer: 2 ** 26 },
  )
  assert.match(stdout, /^shop: 100 seeds, 100 of them count/m)
})
