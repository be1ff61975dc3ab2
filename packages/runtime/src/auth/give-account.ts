import { type Caller, type ServiceClient, WaybillError } from '@waybill/core'
import { Value } from 'typebox/value'
import { Account, accountId, grantRoles, registerWithRoles } from './account.ts'
import { verifyPassword } from './password.ts'

/**
 * Makes an account, or gives more roles to the one that there is, to whom knows its password: anybody may have registered
 * with an address that is another's, and would be an administrator then.
 * @returns what was done, a sentence
 * @throws CONFIGURATION_INVALID naming what is wrong with the address or the password
 */
export async function giveAccount(
  engine: ServiceClient,
  options: { email: string; roles: readonly string[]; password: string },
  caller: Caller,
): Promise<string> {
  const { email, password } = options
  const roles = [...new Set(['user', ...options.roles])]
  const { userId, passwordHash } = await engine.read.entity(Account, accountId(email))
  if (userId !== '') {
    if (!(await verifyPassword(password, passwordHash, email))) {
      throw new WaybillError(
        'CONFIGURATION_INVALID',
        `${email} has an account already, with another password: somebody has registered it. Give its password, or name another address.`,
      )
    }
    await engine.submit(grantRoles, { email, roles }, { caller })
    const now = await engine.read.entity(Account, accountId(email))
    return `${email} had an account; it has the roles ${now.roles.join(', ')} now.`
  }
  const input = { email, name: email.slice(0, 100), roles, password }
  const [wrong] = Value.Errors(registerWithRoles.input, input)
  if (wrong !== undefined) {
    const field = wrong.instancePath.slice(1)
    throw new WaybillError('CONFIGURATION_INVALID', `The ${field} ${wrong.message}.`)
  }
  const made = await engine.submit(registerWithRoles, input, { caller })
  if (made.refused) throw new WaybillError('CONFIGURATION_INVALID', made.detail)
  return `${email} has an account now, with the roles ${roles.join(', ')}.`
}
