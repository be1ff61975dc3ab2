import { atomicity } from './store/atomicity.ts'
import { claims } from './store/claims.ts'
import type { StoreCase } from './store/context.ts'
import { deadlines } from './store/deadlines.ts'
import { durability } from './store/durability.ts'
import { history } from './store/history.ts'
import { leases } from './store/leases.ts'
import { notes } from './store/notes.ts'
import { numbers } from './store/numbers.ts'
import { offsets } from './store/offsets.ts'
import { opening } from './store/opening.ts'
import { pages } from './store/pages.ts'
import { parking } from './store/parking.ts'
import { positions } from './store/positions.ts'
import { published } from './store/published.ts'
import { refusals } from './store/refusals.ts'
import { replies } from './store/replies.ts'
import { rows } from './store/rows.ts'
import { time } from './store/time.ts'
import { values } from './store/values.ts'
import { versions } from './store/versions.ts'

/** The contract of a `Store`, case by case. */
export const storeCases: readonly StoreCase[] = [
  ...opening,
  ...positions,
  ...atomicity,
  ...claims,
  ...offsets,
  ...versions,
  ...deadlines,
  ...parking,
  ...rows,
  ...history,
  ...published,
  ...pages,
  ...refusals,
  ...replies,
  ...numbers,
  ...notes,
  ...leases,
  ...time,
  ...values,
  ...durability,
]
