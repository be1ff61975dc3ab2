import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { describe, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { mutations } from './mutations.ts'

/** A defect may also keep a case from coming to an end, or end the process. */
const caseMs = 15_000

describe('canaries of the engine', { concurrency: 3 }, () => {
  for (const { defect, group } of mutations) {
    void test(`${group} notices an engine that ${defect}`, async () => {
      const { code, out } = await runCase(defect)
      assert.match(out, /^mutated /m, out)
      assert.notEqual(code, 0, 'the case has noticed nothing')
    })
  }
})

function runCase(defect: string): Promise<{ readonly code: number | null; readonly out: string }> {
  const [preload, main] = ['./preload.ts', './run-case.ts'].map((file) =>
    fileURLToPath(new URL(file, import.meta.url)),
  )
  const child = spawn(process.execPath, ['--conditions=@waybill/source', '--import', preload!, main!], {
    env: { ...process.env, WAYBILL_MUTATION: defect },
    stdio: ['ignore', 'ignore', 'pipe'],
    timeout: caseMs,
    killSignal: 'SIGKILL',
  })
  let out = ''
  child.stderr.on('data', (chunk: Buffer) => (out += chunk.toString()))
  return new Promise((resolve, reject) => {
    child.once('error', reject)
    child.once('close', (code) => resolve({ code, out }))
  })
}
