import { describe, test } from 'node:test'
import { register } from './case.ts'
import { storeBackend } from './engine/backend-context.ts'
import { engineCases } from './engine.ts'
import { storeLogContext } from './log/store-log-context.ts'
import { logCases } from './log.ts'
import { memoryContext, memoryHas } from './memory-context.ts'
import { realClock } from './real-clock.ts'
import { storeCases } from './store.ts'

register(storeCases, { test, open: () => Promise.resolve(memoryContext()), has: memoryHas })
register(logCases, { test, open: () => storeLogContext({ ...memoryContext(), clock: realClock }) })
// Most of their time these wait.
describe('engines', { concurrency: 4 }, () => {
  register(engineCases, {
    test,
    open: () => Promise.resolve(storeBackend({ ...memoryContext(), clock: realClock })),
    has: ['processes', 'overlap'],
  })
})
