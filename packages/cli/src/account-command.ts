import { createInterface } from 'node:readline/promises'
import { Writable } from 'node:stream'
import { createEngine, storeLog, systemCaller, type SystemDef, WaybillError } from '@waybill/core'
import { accounts, createIds, createLogger, giveAccount, readConfig, systemClock } from '@waybill/runtime'
import { openBackends } from './backends.ts'
import { loadSystems, nowhere } from './systems.ts'

/**
 * `waybill account add EMAIL [--role ROLE…] [--system NAME]`: makes an account with these roles, or gives them to the one
 * that there is, to whom knows its password. The system may run meanwhile, if its store can be shared.
 * @returns what was done, a sentence
 * @throws CONFIGURATION_INVALID
 */
export async function addAccount(
  email: string,
  { roles, system: name }: { roles: readonly string[]; system: string | undefined },
): Promise<string> {
  const found = (await loadSystems(name === undefined ? [] : [name])).map(({ application }) => ({
    application,
    system: application.create(nowhere),
  }))
  const withAccounts = found.filter(({ system }) => system.services.includes(accounts))
  const [one, ...others] = withAccounts
  if (one === undefined || others.length > 0) {
    throw new WaybillError(
      'CONFIGURATION_INVALID',
      one === undefined
        ? `No system has accounts: ${found.map(({ system }) => system.name).join(', ')}.`
        : `Several systems have accounts: name one by --system: ${withAccounts.map(({ system }) => system.name).join(', ')}.`,
    )
  }
  const { application, system } = one
  const known = rolesIn(system)
  const unknown = roles.filter((role) => !known.has(role))
  if (unknown.length > 0) {
    throw new WaybillError(
      'CONFIGURATION_INVALID',
      `${system.name} knows no role ${unknown.join(', ')}; it knows ${[...known].join(', ')}.`,
    )
  }
  const config = readConfig(process.env, [application])
  const backends = await openBackends(config, createLogger({ json: !config.demo }))
  try {
    const store = backends.store(application.name, accounts.name)
    await store.open(accounts)
    const ids = createIds()
    const engine = createEngine({
      system,
      service: accounts,
      store,
      log: storeLog({ stores: new Map([[accounts.name, store]]), clock: systemClock, system }),
      codec: await backends.codec(system),
      clock: systemClock,
      ids,
      ask: () => Promise.reject(new Error('nobody is asked')),
      // Others may be at work on the same tables.
      instance: backends.shared ? ids.newId() : undefined,
    })
    await engine.start()
    try {
      return await giveAccount(engine, { email, roles, password: await readPassword(email) }, systemCaller)
    } finally {
      await engine.stop()
    }
  } finally {
    await backends.close()
  }
}

function rolesIn({ services }: SystemDef): ReadonlySet<string> {
  const parts = services.flatMap(({ commands, queries }) => [...commands, ...queries])
  return new Set(['user', 'admin', ...parts.flatMap(({ role }) => role ?? [])])
}

/** From the terminal, without showing it; else the first line of standard input. Never from the command line, which others can read. */
async function readPassword(email: string): Promise<string> {
  const isTerminal = process.stdin.isTTY
  if (isTerminal) process.stderr.write(`Password of ${email}: `)
  const silent = new Writable({ write: (_chunk, _encoding, done) => done() })
  const lines = createInterface({ input: process.stdin, output: silent, terminal: isTerminal })
  try {
    for await (const line of lines) return line
    return ''
  } finally {
    lines.close()
    if (isTerminal) process.stderr.write('\n')
  }
}
