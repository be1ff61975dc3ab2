import { type Client, DatabaseError, type QueryArrayConfig, type QueryArrayResult } from 'pg'
import { ConnectionLost, type Rows, type Transaction } from './database.ts'
import { patience } from './patience.ts'
import { keepPrepared } from './prepared.ts'
import type { Statement } from './sql.ts'

/** SQLSTATEs after which the session is over, or no longer of use: shut down, cut off, read only, its plans void. */
const fatal = /^(08|57P|25P0[345]|25006|53300|0A000|26000)/

const longestTimerMs = 2 ** 31 - 1

/** One session of the database. */
export class Connection {
  readonly #client: Client
  readonly #name: string
  readonly #idleMs: number | undefined
  readonly #prepared: ReturnType<typeof keepPrepared>
  #usable = true
  #corked = false

  /**
   * @param options.name by which the database knows the session
   * @param options.idleMs a transaction in which nothing is asked for longer is called off; default: the server sees to it
   */
  constructor(client: Client, { name, idleMs }: { readonly name: string; readonly idleMs?: number }) {
    this.#client = client
    this.#name = name
    this.#idleMs = idleMs
    this.#prepared = keepPrepared(client)
    client.on('error', () => {
      this.#usable = false
    })
  }

  get usable(): boolean {
    return this.#usable
  }

  async run(statement: Statement): Promise<Rows> {
    return (await this.#send(statement)).rows
  }

  async transaction<T>(work: (transaction: Transaction) => Promise<T>): Promise<T> {
    // What is wrong with it shows in the statements behind it.
    this.#send({ text: 'begin isolation level read committed' }).catch(() => {})
    const watch = this.#idleMs === undefined ? undefined : patience(this.#idleMs)
    let finished = false
    const run = async (statement: Statement): Promise<Rows> => {
      const answered = watch?.ask()
      try {
        return await this.run(statement)
      } finally {
        answered?.()
      }
    }
    const finish = async (statement?: Statement): Promise<Rows> => {
      watch?.ask()
      finished = true
      return this.#commit(statement)
    }
    try {
      const working = work({ run, finish })
      const result = await (watch === undefined ? working : Promise.race([working, watch.over]))
      if (!finished) await finish()
      return result
    } catch (error) {
      if (!finished && this.#usable) await this.#send({ text: 'rollback' })
      throw error
    } finally {
      watch?.end()
    }
  }

  async close(): Promise<void> {
    await this.#client.end()
  }

  async #commit(last: Statement | undefined): Promise<Rows> {
    const [written, committed] = await Promise.allSettled([
      last === undefined ? [] : this.run(last),
      this.#send({ text: 'commit' }),
    ])
    for (const step of [written, committed]) {
      if (step.status === 'fulfilled') continue
      throw step.reason instanceof ConnectionLost
        ? new ConnectionLost(step.reason.cause, this.#name)
        : step.reason
    }
    // The commit of a failed transaction succeeds, as a rollback.
    const { command } = (committed as PromiseFulfilledResult<QueryArrayResult>).value
    if (command !== 'COMMIT') throw new Error(`The transaction ended with ${command}`)
    return (written as PromiseFulfilledResult<Rows>).value
  }

  async #send({ text, name, values = [], unlimited = false }: Statement): Promise<QueryArrayResult> {
    this.#cork()
    const known = name === undefined ? undefined : this.#prepared(name)
    const query: QueryArrayConfig = { text, name: known, values: [...values], rowMode: 'array' }
    const limits = unlimited ? { query_timeout: longestTimerMs } : {}
    try {
      return await this.#client.query({ ...query, ...limits })
    } catch (error) {
      if (error instanceof DatabaseError && !fatal.test(error.code ?? '')) throw error
      this.#usable = false
      throw new ConnectionLost(error)
    }
  }

  /** Gathers what is written in this tick into one packet. */
  #cork(): void {
    if (this.#corked) return
    this.#corked = true
    const { stream } = this.#client.connection
    stream.cork()
    process.nextTick(() => {
      this.#corked = false
      stream.uncork()
    })
  }
}
