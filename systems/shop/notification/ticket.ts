import { command, entity, internal, refuse } from '@waybill/core'
import Type from 'typebox'

/** Said to who is not let in. */
export const invalidTicket = 'This ticket is unknown, used or expired: ask for a new one.'
const validSeconds = 30
/** So many tickets of an account are good at a time: one more, and the oldest is not any more. */
const openMax = 10

/** Someone may open one socket, soon. */
export const TicketIssued = internal('TicketIssuedEvent', {
  data: Type.Object({
    ticket: Type.String({ format: 'uuid' }),
    userId: Type.String(),
    expiresAt: Type.String({ format: 'date-time' }),
  }),
})

/** The socket was opened. */
export const TicketRedeemed = internal('TicketRedeemedEvent', {
  data: Type.Object({ ticket: Type.String({ format: 'uuid' }) }),
})

/** A ticket that lets in. */
interface OpenTicket {
  readonly ticket: string
  readonly expiresAt: string
}

/**
 * By user id: the account's tickets that still let in, oldest first. Browsers cannot send a header with a WebSocket, and an
 * access token does not belong into an address, where logs keep it: a ticket, used once, does.
 */
export const Tickets = entity<readonly OpenTicket[]>('tickets', [])
  .evolve(TicketIssued, (open, { ticket, expiresAt }, _, at) => [
    ...open.filter((one) => new Date(one.expiresAt) >= at).slice(1 - openMax),
    { ticket, expiresAt },
  ])
  .evolve(TicketRedeemed, (open, { ticket }) => open.filter((one) => one.ticket !== ticket))

/** Issues a ticket for the caller. What the caller gets names the account, too: it is where the ticket is looked up. */
export const issueTicket = command('issue-ticket', {
  http: 'POST /api/notifications/tickets',
  role: 'user',
  input: Type.Object({}),
  at: Tickets,
  id: (_, { caller }) => caller.userId,
  emits: [TicketIssued],
  decide: (_, __, { at, newId, caller: { userId } }) => {
    const expiresAt = new Date(at.getTime() + validSeconds * 1_000).toISOString()
    return TicketIssued({ ticket: newId(), userId, expiresAt })
  },
  output: Type.Object({ ticket: Type.String(), expiresIn: Type.Integer() }),
  reply: (open, { id: userId }) => ({
    ticket: `${open.at(-1)!.ticket}.${userId}`,
    expiresIn: validSeconds,
  }),
})

/** The parts of a ticket as a caller has it; `undefined`: it is none. */
export function partsOf(shown: unknown): { ticket: string; userId: string } | undefined {
  const [, ticket, userId] = /^([\da-f-]{36})\.([\w-]{1,100})$/.exec(String(shown)) ?? []
  return ticket === undefined || userId === undefined ? undefined : { ticket, userId }
}

/** Uses up a ticket. For the socket only. */
export const redeemTicket = command('redeem-ticket', {
  input: Type.Object({ ticket: Type.String(), userId: Type.String() }),
  at: Tickets,
  id: ({ userId }) => userId,
  emits: [TicketRedeemed],
  decide: (open, { ticket }, { at }) =>
    open.some((one) => one.ticket === ticket && new Date(one.expiresAt) >= at)
      ? TicketRedeemed({ ticket })
      : refuse('TICKET_INVALID', invalidTicket),
})
