import { command, entity, internal, refuse } from '@waybill/core'
import Type from 'typebox'
import { hashPassword } from './password.ts'

const Roles = Type.Array(Type.String())

const AccountRegistered = internal('AccountRegistered', {
  data: Type.Object({
    userId: Type.String(),
    email: Type.String(),
    name: Type.String(),
    passwordHash: Type.String(),
    roles: Roles,
  }),
})

const PasswordRehashed = internal('PasswordRehashed', {
  data: Type.Object({ passwordHash: Type.String() }),
})
const RolesGranted = internal('RolesGranted', { data: Type.Object({ roles: Roles }) })

/** An account, named by its normalised e-mail address: so there can be only one an address. Without one, `userId` is empty. */
export const Account = entity('account', {
  userId: '',
  passwordHash: '',
  roles: [] as readonly string[],
})
  .evolve(AccountRegistered, (_, { userId, passwordHash, roles }) => ({ userId, passwordHash, roles }))
  .evolve(PasswordRehashed, (account, { passwordHash }) => ({ ...account, passwordHash }))
  .evolve(RolesGranted, (account, { roles }) => ({ ...account, roles }))

/** The id of the account with an e-mail address. */
export function accountId(email: string): string {
  return email.toLowerCase()
}

/** New accounts share one place in the queue for hashing: whoever invents addresses is not in the way of logins. */
const newcomers = 'registration'

const registration = {
  email: Type.String({ format: 'email', maxLength: 254 }),
  password: Type.String({ minLength: 8, maxLength: 200 }),
  name: Type.String({ minLength: 1, maxLength: 100 }),
}
const Registered = Type.Object({ userId: Type.String() })
const emailTaken = refuse('EMAIL_TAKEN', 'There is an account with this e-mail address. Log in instead.', {
  kind: 'conflict',
  pointer: '/email',
})

/** Anyone may open an account; it has the role `user`. */
export const register = command('register', {
  http: 'POST /api/auth/register',
  input: Type.Object(registration),
  effect: ({ password }) => hashPassword(password, newcomers),
  at: Account,
  id: ({ email }) => accountId(email),
  emits: [AccountRegistered],
  decide: ({ userId }, { email, name }, { newId, gathered }) =>
    userId === ''
      ? AccountRegistered({ userId: newId(), email, name, passwordHash: gathered, roles: ['user'] })
      : emailTaken,
  output: Registered,
  reply: ({ userId }) => ({ userId }),
})

/** Opens an account with any roles. It has no route: only a system itself, e.g. its demo data, can do that. */
export const registerWithRoles = command('register-with-roles', {
  input: Type.Object({ ...registration, roles: Roles }),
  effect: ({ password }) => hashPassword(password, newcomers),
  at: Account,
  id: ({ email }) => accountId(email),
  emits: [AccountRegistered],
  decide: ({ userId }, { email, name, roles }, { newId, gathered }) =>
    userId === ''
      ? AccountRegistered({ userId: newId(), email, name, passwordHash: gathered, roles })
      : emailTaken,
  output: Registered,
  reply: ({ userId }) => ({ userId }),
})

/** Keeps a hash of the same password that costs more than the one before. It has no route: login does it. */
export const rehashPassword = command('rehash-password', {
  input: Type.Object({ email: Type.String(), before: Type.String(), passwordHash: Type.String() }),
  at: Account,
  id: ({ email }) => accountId(email),
  emits: [PasswordRehashed],
  // Of several logins at once one is enough; and a password that has changed meanwhile stays changed.
  decide: (account, { before, passwordHash }) =>
    account.passwordHash === before ? PasswordRehashed({ passwordHash }) : undefined,
})

/** Gives an account more roles. It has no route: who runs the system does it on the terminal. */
export const grantRoles = command('grant-roles', {
  input: Type.Object({ email: Type.String(), roles: Roles }),
  at: Account,
  id: ({ email }) => accountId(email),
  emits: [RolesGranted],
  decide: ({ userId, roles: has }, { roles }) => {
    if (userId === '') return undefined
    const all = [...new Set([...has, ...roles])]
    return all.length > has.length ? RolesGranted({ roles: all }) : undefined
  },
})
