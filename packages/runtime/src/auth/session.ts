import { command, entity, internal } from '@waybill/core'
import Type from 'typebox'

const SessionOpened = internal('SessionOpened', {
  data: Type.Object({ sessionId: Type.String(), email: Type.String() }),
})
const SessionRefreshed = internal('SessionRefreshed', {
  data: Type.Object({ sessionId: Type.String(), generation: Type.Integer() }),
})
const SessionClosed = internal('SessionClosed', {
  data: Type.Object({ sessionId: Type.String(), reason: Type.Literal('TOKEN_REUSED') }),
})

/** A login and the refresh tokens that came from it; the latest has the number `generation`. */
export const Session = entity('session', { email: '', open: false, generation: 0 })
  .evolve(SessionOpened, (_, { email }) => ({ email, open: true, generation: 0 }))
  .evolve(SessionRefreshed, (session, { generation }) => ({ ...session, generation }))
  .evolve(SessionClosed, (session) => ({ ...session, open: false }))

/** Opens a session, once the password was found right. */
export const openSession = command('open-session', {
  input: Type.Object({ email: Type.String() }),
  at: Session,
  id: (_, { newId }) => newId(),
  emits: [SessionOpened],
  decide: (_, { email }, { id }) => SessionOpened({ sessionId: id, email }),
  output: Type.Object({ sessionId: Type.String() }),
  reply: (_, { id }) => ({ sessionId: id }),
})

/**
 * Takes a refresh token in and lets the next one out. An older token than the latest means that two parties hold tokens
 * of this session, one of them a thief: nobody can tell which, so the session is closed.
 */
export const refreshSession = command('refresh-session', {
  input: Type.Object({ sessionId: Type.String(), generation: Type.Integer() }),
  at: Session,
  id: ({ sessionId }) => sessionId,
  emits: [SessionRefreshed, SessionClosed],
  decide: ({ open, generation: latest }, { sessionId, generation }) => {
    if (!open) return undefined
    return generation === latest
      ? SessionRefreshed({ sessionId, generation: latest + 1 })
      : SessionClosed({ sessionId, reason: 'TOKEN_REUSED' })
  },
  output: Type.Object({ open: Type.Boolean(), email: Type.String() }),
  reply: ({ open, email }) => ({ open, email }),
})
