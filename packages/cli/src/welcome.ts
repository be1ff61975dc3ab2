import { accounts, demoAccounts, type Host } from '@waybill/runtime'

/** What a person who has just started the demo wants to know: addresses, accounts, and for each system a `curl` that works. */
export async function welcome({ systems, adminAddress }: Host): Promise<string> {
  const line = (name: string, value: string): string => `  ${name.padEnd(20)} ${value}`
  const examples = await Promise.all(
    systems.map(async ({ application, system, address }) =>
      application.example
        .replaceAll('{address}', address)
        .replaceAll('{token}', hasAccounts(system) ? await demoToken(address) : ''),
    ),
  )
  const known = systems.some(({ system }) => hasAccounts(system)) ? demoAccounts : []
  return [
    '',
    '  Demo mode, not for production: what it has, everybody knows. NODE_ENV=production ends it.',
    '',
    ...systems.map(({ application, address }) => line(application.name, address)),
    line('admin', adminAddress),
    '',
    ...known.map(({ email, password }) => line(email, password)),
    ...examples.flatMap((example) => ['', example]),
    '',
  ].join('\n')
}

function hasAccounts({ services }: Host['systems'][number]['system']): boolean {
  return services.includes(accounts)
}

async function demoToken(address: string): Promise<string> {
  const { email, password } = demoAccounts[0]
  const response = await fetch(`${address}/api/auth/login`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ email, password }),
  })
  const { accessToken } = (await response.json()) as { accessToken: string }
  return accessToken
}
