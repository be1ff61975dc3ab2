import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { Case, Closing } from './case.ts'
import { engineCanaries } from './engine/canaries.ts'
import { engineCases } from './engine.ts'
import { logCanaries } from './log/canaries.ts'
import { logCases } from './log.ts'
import { mutations } from './mutation/mutations.ts'
import { storeCanaries } from './store/canaries.ts'
import { storeCases } from './store.ts'
import { setPatience, within } from './waiting.ts'

/** A case that takes longer has noticed something. */
const caseMs = 2_500
setPatience(2_000)

/** Tests that each group of cases fails on every canary that was made for it, and that each has one. */
function watch<Context>(
  port: string,
  cases: readonly Case<Context>[],
  canaries: readonly {
    readonly group: string
    readonly defect: string
    open(): Promise<Context & Closing> | (Context & Closing)
  }[],
  /** Groups that are watched elsewhere as well. */
  elsewhere: readonly string[] = [],
): void {
  void test(`every group of ${port} cases has a canary`, () => {
    const groups = new Set(cases.map(({ group }) => group))
    const watched = new Set([...canaries.map(({ group }) => group), ...elsewhere])
    assert.deepEqual([...watched].toSorted(), [...groups].toSorted())
  })
  // Most of them wait for something that does not come; they may do so together.
  describe(`canaries of the ${port} cases`, { concurrency: 8 }, () => {
    for (const { group, defect, open } of canaries) {
      void test(`${group} notices a ${port} that ${defect}`, async () => {
        for (const { name, run } of cases.filter((one) => one.group === group)) {
          const context = await open()
          const isNoticed = await within(name, run(context), caseMs).then(
            () => false,
            () => true,
          )
          await context.close()
          if (isNoticed) return
        }
        assert.fail('no case fails')
      })
    }
  })
}

watch('store', storeCases, storeCanaries)
watch('log', logCases, logCanaries)
watch(
  'backend',
  engineCases,
  engineCanaries,
  mutations.map(({ group }) => group),
)
