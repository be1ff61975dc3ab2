#!/usr/bin/env node
import { parseArgs } from 'node:util'
import { messageOf, WaybillError } from '@waybill/core'
import { addAccount } from './account-command.ts'
import { moveLogOf } from './log-command.ts'
import { schemas } from './schemas.ts'
import { start } from './start.ts'

const usage = `waybill start [system…]              run systems in this process; without a name: all of them
waybill start SYSTEM --service NAME  run one service of it in this process; its public interface is called gateway
waybill schemas [--check] [system…]  write their Avro schemas; --check: only compare, exit code 1 if they differ
waybill log move SYSTEM --to LOG      carry its positions over to another log, store or kafka[+tls]://host:port, while nothing runs
waybill account add EMAIL             make an account, or give roles to the one there is: --role ROLE…, --system NAME; the password
                                      is asked for, or read from standard input
waybill --help

Systems are the folders in ./systems. Configuration is by environment: WAYBILL_DATA, WAYBILL_STORE, WAYBILL_LOG,
WAYBILL_KAFKA_USER, WAYBILL_KAFKA_PASSWORD, WAYBILL_KAFKA_SASL, WAYBILL_KAFKA_CA, WAYBILL_KAFKA_CERT, WAYBILL_KAFKA_KEY,
WAYBILL_REGISTRY, WAYBILL_REDIS, WAYBILL_HOST, WAYBILL_PORT_<SYSTEM>, WAYBILL_PORT_CONSOLE, WAYBILL_RATE_LIMIT,
WAYBILL_TRUSTED_PROXIES, WAYBILL_JWT_SECRET, WAYBILL_TIME_SCALE, WAYBILL_DEMO. With NODE_ENV=production there is no demo mode.`

/** @returns the exit code; `undefined`: the process goes on */
async function run(args: readonly string[]): Promise<number | undefined> {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      check: { type: 'boolean', default: false },
      to: { type: 'string' },
      service: { type: 'string', multiple: true },
      role: { type: 'string', multiple: true },
      system: { type: 'string' },
      help: { type: 'boolean', short: 'h' },
    },
  })
  const [command, ...names] = positionals
  if (values.help) {
    console.log(usage)
    return 0
  }
  if (command === 'log' && names[0] === 'move' && names.length === 2 && values.to !== undefined) {
    return (await moveLogOf(names[1]!, values.to)) ? 0 : 1
  }
  if (command === 'start' && !values.check && values.to === undefined) {
    await start(names, values.service)
    return undefined
  }
  if (command === 'account' && names[0] === 'add' && names.length === 2) {
    console.log(await addAccount(names[1]!, { roles: values.role ?? [], system: values.system }))
    return 0
  }
  if (command === 'schemas') return (await schemas(names, values)) ? 0 : 1
  console.error(usage)
  return 2
}

try {
  const code = await run(process.argv.slice(2))
  if (code !== undefined) process.exitCode = code
} catch (error) {
  console.error(explain(error))
  process.exit(1)
}

/** What a person can do something with: an error of the catalogue needs no stack. */
function explain(error: unknown): string {
  if (error instanceof WaybillError) {
    const cause = error.cause === undefined ? [] : [`Cause: ${messageOf(error.cause)}`]
    return [`${error.code}: ${error.message}`, ...cause, error.help].join('\n')
  }
  if (error instanceof TypeError && 'code' in error && String(error.code).startsWith('ERR_PARSE_ARGS'))
    return `${error.message}\n\n${usage}`
  return error instanceof Error ? (error.stack ?? error.message) : String(error)
}
