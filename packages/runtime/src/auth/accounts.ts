import { service } from '@waybill/core'
import { Account, grantRoles, register, registerWithRoles, rehashPassword } from './account.ts'
import { openSession, refreshSession, Session } from './session.ts'

/** Accounts and their sessions. A system that lists this service gets sign-up, login and refresh on its gateway. */
export const accounts = service('user', {
  entities: [Account, Session],
  commands: [register, registerWithRoles, rehashPassword, grantRoles, openSession, refreshSession],
})
