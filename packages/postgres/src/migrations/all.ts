import { tables } from './001-tables.ts'
import { leases } from './002-leases.ts'
import { growth } from './003-growth.ts'
import { queues } from './004-queues.ts'
import { ways } from './005-ways.ts'

/** In the order in which they run; the number of each is its place, from 1. What is released never changes. */
export const migrations: readonly string[] = [tables, leases, growth, queues, ways]
