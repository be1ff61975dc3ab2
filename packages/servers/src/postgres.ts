import { execFile } from 'node:child_process'
import { chown, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { freePort } from './free-port.ts'
import { postgresPrograms } from './postgres-programs.ts'
import { type Restartable, type StartOptions, startRestartable } from './restartable.ts'
import { startServer } from './server-process.ts'
import { temporaryPlaceOf } from './temporary-place.ts'
import { nobodyIfRoot } from './user.ts'

const run = promisify(execFile)

/** A PostgreSQL server. Its `kill` is what PostgreSQL calls an immediate shutdown: nothing more is written. */
export interface PostgresServer extends Restartable {
  /** Of its one database, the same after each start; the user may do everything. */
  readonly url: string
}

/** Starts a real PostgreSQL server with the settings of production. */
export async function startPostgres({ signal, ...wanted }: StartOptions = {}): Promise<PostgresServer> {
  // PostgreSQL refuses to run as root.
  const user = await nobodyIfRoot()
  const { initdb, postgres } = await postgresPrograms(user)
  const port = wanted.port ?? (await freePort())
  const server = await startRestartable({
    name: 'postgres',
    place: await temporaryPlaceOf(user),
    prepare: async (folder) => {
      const passwordFile = join(folder, 'password')
      await writeFile(passwordFile, 'password')
      if (user !== undefined)
        await Promise.all([folder, passwordFile].map((path) => chown(path, user.uid, user.gid)))
      const access = ['--username=postgres', `--pwfile=${passwordFile}`, '--auth=password']
      const args = [`--pgdata=${join(folder, 'data')}`, '--encoding=UTF8', '--no-sync', ...access]
      await run(initdb, args, { cwd: folder, ...user, signal })
    },
    launch: (folder) => {
      const data = join(folder, 'data')
      const settings = {
        port,
        listen_addresses: '127.0.0.1',
        unix_socket_directories: '',
        // Two shops with a process for each service may be on it at once.
        max_connections: 300,
      }
      const args = Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`])
      return startServer(postgres, ['-D', data, ...args], {
        cwd: folder,
        ...user,
        ready: (pid) => isReady(data, pid),
        // Its children and their shared memory go with it.
        atOnce: 'SIGQUIT',
        signal,
      })
    },
    signals: { kill: 'SIGQUIT', stop: 'SIGINT' },
  })
  return Object.assign(server, { url: `postgres://postgres:password@127.0.0.1:${port}/postgres` })
}

/** As `pg_ctl` sees it: its port is open before it takes connections. */
async function isReady(data: string, pid: number): Promise<boolean> {
  const lines = (await readFile(join(data, 'postmaster.pid'), 'utf8').catch(() => '')).split('\n')
  return Number(lines[0]) === pid && lines[7]?.trim() === 'ready'
}
