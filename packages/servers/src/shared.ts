import { randomUUID } from 'node:crypto'
import { Client } from 'pg'
import { startKafka } from './kafka.ts'
import type { Lent } from './lender.ts'
import { startPostgres } from './postgres.ts'
import { startRegistry } from './registry.ts'
import type { Stoppable } from './setup.ts'

/*
 * `npm test` has one Kafka, one PostgreSQL and one registry for all files that only use them. Who kills or stops a server
 * starts one of its own. A file that runs alone starts its own, too.
 */

/** The variable with the address of the lender. */
export const lenderVariable = 'TEST_SERVERS'

interface How {
  readonly signal?: AbortSignal
}

/** A server at an address. */
export interface SharedServer extends Stoppable {
  readonly address: string
}

/** A Kafka with the topics and groups of others: choose names that nobody else has. */
export function sharedKafka(how: How = {}): Promise<SharedServer> {
  return shared('kafka', startKafka, how)
}

/** A schema registry with the subjects of others: choose names that nobody else has. */
export function sharedRegistry(how: How = {}): Promise<SharedServer> {
  return shared('registry', startRegistry, how)
}

/** A PostgreSQL database that nobody else has, on a server that others use. It is dropped at the end. */
export async function sharedPostgres(how: How = {}): Promise<Stoppable & { readonly url: string }> {
  const lent = await borrow('postgres', how)
  if (lent === undefined) return startPostgres(how)
  const name = `test_${randomUUID().replaceAll('-', '')}`
  await run(lent, `create database ${name}`)
  const url = new URL(lent)
  url.pathname = `/${name}`
  return { url: url.href, stop: () => run(lent, `drop database ${name} with (force)`) }
}

async function shared(
  name: Lent,
  start: (how: How) => Promise<SharedServer>,
  how: How,
): Promise<SharedServer> {
  const address = await borrow(name, how)
  return address === undefined ? start(how) : { address, stop: () => Promise.resolve() }
}

/** `undefined`: nobody lends. */
async function borrow(name: Lent, { signal }: How): Promise<string | undefined> {
  const lender = process.env[lenderVariable]
  if (lender === undefined) return undefined
  const answer = await fetch(`${lender}/${name}`, { signal: signal ?? null })
  const text = await answer.text()
  if (!answer.ok) throw new Error(`The shared ${name} did not start: ${text}`)
  return text
}

async function run(url: string, statement: string): Promise<void> {
  const client = new Client(url)
  await client.connect()
  try {
    await client.query(statement)
  } finally {
    await client.end()
  }
}
