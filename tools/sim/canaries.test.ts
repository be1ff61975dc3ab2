import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { describe, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { canaries } from './canaries.ts'

const seedsMax = 500
const [preload, main] = ['./preload.ts', './main.ts'].map((file) =>
  fileURLToPath(new URL(file, import.meta.url)),
)

describe('the simulation of the shop', () => {
  for (const { defect } of canaries) {
    void test(`finds a program that ${defect}`, async (context) => {
      const { out, errors } = await simulated(defect)
      assert.match(errors, /^mutated /m, errors)
      const seed = /^Seed (\d+) breaks/m.exec(out)?.[1]
      assert.ok(seed, `nothing was found in ${seedsMax} seeds`)
      context.diagnostic(`found by seed ${seed}`)
    })
  }
})

function simulated(defect: string): Promise<{ readonly out: string; readonly errors: string }> {
  const child = spawn(
    process.execPath,
    ['--conditions=@waybill/source', '--import', preload!, main!, 'shop', '--seeds', `${seedsMax}`],
    { env: { ...process.env, WAYBILL_CANARY: defect }, stdio: ['ignore', 'pipe', 'pipe'] },
  )
  let [out, errors] = ['', '']
  child.stdout.on('data', (chunk: Buffer) => (out += chunk.toString()))
  child.stderr.on('data', (chunk: Buffer) => (errors += chunk.toString()))
  return new Promise((resolve, reject) => {
    child.once('error', reject)
    child.once('close', () => resolve({ out, errors }))
  })
}
