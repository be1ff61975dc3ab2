import { WaybillError } from '@waybill/core'
import type { Connection } from './connection.ts'
import { ConnectionLost, type Database } from './database.ts'

/**
 * A database over a few connections, opened when they are needed. Whoever finds all of them busy waits in line.
 * @param options.connect opens a connection
 * @param options.closed runs when all are closed
 */
export function pooled(options: {
  readonly size: number
  connect(): Promise<Connection>
  closed?(): Promise<void>
}): Database {
  const idle: Connection[] = []
  const waiting: (() => void)[] = []
  let free = options.size
  let closing = false

  const turn = async (): Promise<void> => {
    if (free > 0) free--
    else await new Promise<void>((resolve) => waiting.push(resolve))
  }

  const pass = (): void => {
    const next = waiting.shift()
    if (next === undefined) free++
    else next()
  }

  const connected = async (): Promise<Connection> => {
    if (closing) throw new WaybillError('STORE_UNAVAILABLE', 'The database is closed')
    for (let found = idle.pop(); found !== undefined; found = idle.pop()) if (found.usable) return found
    return options.connect().catch((error: unknown) => {
      throw new ConnectionLost(error)
    })
  }

  const use = async <T>(work: (connection: Connection) => Promise<T>): Promise<T> => {
    await turn()
    try {
      const connection = await connected()
      try {
        return await work(connection)
      } finally {
        if (connection.usable) idle.push(connection)
        else await connection.close()
      }
    } finally {
      pass()
    }
  }

  return {
    read: (work) => use((connection) => work((statement) => connection.run(statement))),
    transaction: (work) => use((connection) => connection.transaction(work)),
    close: async () => {
      if (closing) return
      closing = true
      for (let turns = 0; turns < options.size; turns++) await turn()
      for (let turns = 0; turns < options.size; turns++) pass()
      await Promise.all(idle.splice(0).map((connection) => connection.close()))
      await options.closed?.()
    },
  }
}
