import { command, entity, internal, refuse } from '@waybill/core'
import Type from 'typebox'

const validSeconds = 30

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

/** Whom a ticket lets in, and until when. */
export interface TicketState {
  readonly userId: string
  readonly expiresAt: string
  readonly used: boolean
}

/**
 * Browsers cannot send a header with a WebSocket, and an access token does not belong into an address, where logs keep
 * it: a ticket, used once, does. `null`: it was never issued.
 */
export const Ticket = entity<TicketState | null>('ticket', null)
  .evolve(TicketIssued, (_, { userId, expiresAt }) => ({ userId, expiresAt, used: false }))
  .evolve(TicketRedeemed, (ticket) => ticket && { ...ticket, used: true })

/** Issues a ticket for the caller. */
export const issueTicket = command('issue-ticket', {
  http: 'POST /api/notifications/tickets',
  role: 'user',
  input: Type.Object({}),
  at: Ticket,
  id: (_, { newId }) => newId(),
  emits: [TicketIssued],
  decide: (_, __, { id: ticket, caller: { userId }, at }) => {
    const expiresAt = new Date(at.getTime() + validSeconds * 1_000).toISOString()
    return TicketIssued({ ticket, userId, expiresAt })
  },
  output: Type.Object({ ticket: Type.String(), expiresIn: Type.Integer() }),
  reply: (_, { id: ticket }) => ({ ticket, expiresIn: validSeconds }),
})

/** Uses up a ticket and says whose it was. For the socket only. */
export const redeemTicket = command('redeem-ticket', {
  input: Type.Object({ ticket: Type.String() }),
  at: Ticket,
  id: ({ ticket }) => ticket,
  emits: [TicketRedeemed],
  decide: (state, { ticket }, { at }) =>
    state === null || state.used || new Date(state.expiresAt) < at
      ? refuse('TICKET_INVALID', 'This ticket is unknown, used or expired: ask for a new one.')
      : TicketRedeemed({ ticket }),
  output: Type.Object({ userId: Type.String() }),
  reply: (state) => ({ userId: state!.userId }),
})
