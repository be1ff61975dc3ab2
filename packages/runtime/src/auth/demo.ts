import { type ServiceClient, systemCaller } from '@waybill/core'
import { Account, accountId, registerWithRoles } from './account.ts'

/** The accounts that exist in demo mode. */
export const demoAccounts = [
  { email: 'demo@example.com', password: 'demo-password', name: 'Demo', roles: ['user'] },
  { email: 'admin@example.com', password: 'admin-password', name: 'Admin', roles: ['admin', 'user'] },
] as const

/** Whether this is what everybody knows of a demo account. It may still be there where a demo was started before. */
export function isDemoLogin(id: string, password: string): boolean {
  return demoAccounts.some((known) => known.email === id && known.password === password)
}

/** Makes the demo accounts that are not there yet. */
export async function seedDemoAccounts(engine: ServiceClient): Promise<void> {
  for (const account of demoAccounts) {
    const { userId } = await engine.read.entity(Account, accountId(account.email))
    // Two processes may both find none; the second is refused, which is as good.
    if (userId === '') {
      await engine.submit(
        registerWithRoles,
        { ...account, roles: [...account.roles] },
        { caller: systemCaller },
      )
    }
  }
}
