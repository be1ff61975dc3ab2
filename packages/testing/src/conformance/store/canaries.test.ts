import assert from 'node:assert/strict'
import { test } from 'node:test'
import { storeCases } from '../store.ts'
import { storeCanaries } from './canaries.ts'

void test('every group of cases has a canary', () => {
  const groups = new Set(storeCases.map(({ group }) => group))
  const watched = new Set(storeCanaries.map(({ group }) => group))
  assert.deepEqual([...watched].toSorted(), [...groups].toSorted())
})

for (const { group, defect, open } of storeCanaries) {
  void test(`${group} notices a store that ${defect}`, async () => {
    const failed: string[] = []
    for (const { name, run } of storeCases.filter((one) => one.group === group)) {
      const context = open()
      await run(context).catch(() => failed.push(name))
      await context.close()
    }
    assert.notDeepEqual(failed, [])
  })
}
