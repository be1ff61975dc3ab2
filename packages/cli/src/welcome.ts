import { demoAccounts, type Host } from '@waybill/runtime'

/** What a person who has just started the demo wants to know: addresses, accounts, and for each system a `curl` that works. */
export async function welcome({ systems, adminAddress }: Host): Promise<string> {
  const line = (name: string, value: string): string => `  ${name.padEnd(20)} ${value}`
  const examples = await Promise.all(
    systems.map(async ({ application, address }) =>
      application.example.replaceAll('{address}', address).replaceAll('{token}', await demoToken(address)),
    ),
  )
  return [
    '',
    ...systems.map(({ application, address }) => line(application.name, address)),
    line('admin', adminAddress),
    '',
    ...demoAccounts.map(({ email, password }) => line(email, password)),
    ...examples.flatMap((example) => ['', example]),
    '',
  ].join('\n')
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
