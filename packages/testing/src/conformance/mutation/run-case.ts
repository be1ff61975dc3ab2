import { storeBackend } from '../engine/backend-context.ts'
import { engineCases } from '../engine.ts'
import { memoryContext } from '../memory-context.ts'
import { realClock } from '../real-clock.ts'
import { setPatience } from '../waiting.ts'
import { mutations } from './mutations.ts'

/* Runs the case that must notice the defect of this process. Exit code 3: it has. */

setPatience(2_000)
const mutation = mutations.find(({ defect }) => defect === process.env['WAYBILL_MUTATION'])!
const found = engineCases.filter(
  ({ group, name }) => group === mutation.group && name.startsWith(mutation.case),
)
if (found.length !== 1) throw new Error(`${found.length} cases begin with: ${mutation.case}`)

const backend = storeBackend({ ...memoryContext(), clock: realClock })
try {
  await found[0]!.run(backend)
  process.exit(0)
} catch (error) {
  console.error(error)
  process.exit(3)
}
