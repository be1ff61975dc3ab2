import { service, system } from '@waybill/core'
import { Book, BookQuery } from './book.ts'
import { Charge } from './charge.ts'
import { ChargeCommand, RefundCommand, ReverseCommand } from './commands.ts'

/**
 * The simulated payment provider: a system of its own, with its own store. So its book commits by itself, apart from
 * its caller's transaction, and survives a crash of anyone, as a real provider's would.
 */
export const paymentSimulator = system('simulator', [
  service('simulator', {
    entities: [Charge],
    commands: [ChargeCommand, RefundCommand, ReverseCommand],
    queries: [BookQuery],
    views: [Book],
  }),
])
