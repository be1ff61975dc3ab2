/**
 * Plans are made once, often for an empty table, and kept. So a plan must not depend on how much a table holds:
 * every query reads row by row along an index, in its order, and stops when it has enough.
 */
export const plannerSettings = {
  plan_cache_mode: 'force_generic_plan',
  enable_seqscan: 'off',
  enable_bitmapscan: 'off',
  enable_hashjoin: 'off',
  enable_mergejoin: 'off',
  jit: 'off',
}

/**
 * Between two statements a batch only computes. A process that is frozen there keeps its locks from those who have its
 * leases no longer than the leases last.
 */
export const idleInTransactionMs = 6_000
