import { admission } from './engine/admission.ts'
import { bounds } from './engine/bounds.ts'
import { clocks } from './engine/clocks.ts'
import { effectLoad } from './engine/effect-load.ts'
import { fairness } from './engine/fairness.ts'
import { naming } from './engine/naming.ts'
import { telling } from './engine/telling.ts'
import { states } from './engine/states.ts'
import { upgrades } from './engine/upgrades.ts'
import { commands } from './engine/commands.ts'
import type { EngineCase } from './engine/context.ts'
import { crashes } from './engine/crashes.ts'
import { deadlines } from './engine/deadlines.ts'
import { effects } from './engine/effects.ts'
import { failures } from './engine/failures.ts'
import { idempotency } from './engine/idempotency.ts'
import { learning } from './engine/learning.ts'
import { order } from './engine/order.ts'
import { owners } from './engine/owners.ts'
import { parking } from './engine/parking.ts'
import { past } from './engine/past.ts'
import { rules } from './engine/rules.ts'
import { sharing } from './engine/sharing.ts'

/** What an engine must do on any store and log, case by case. */
export const engineCases: readonly EngineCase[] = [
  ...commands,
  ...order,
  ...parking,
  ...effects,
  ...deadlines,
  ...idempotency,
  ...past,
  ...learning,
  ...failures,
  ...owners,
  ...sharing,
  ...crashes,
  ...bounds,
  ...clocks,
  ...effectLoad,
  ...fairness,
  ...naming,
  ...rules,
  ...telling,
  ...states,
  ...upgrades,
  ...admission,
]
