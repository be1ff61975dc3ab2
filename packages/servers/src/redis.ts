import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { accepts } from './accepts.ts'
import { freePort } from './free-port.ts'
import { MissingTool } from './missing-tool.ts'
import { type Restartable, type StartOptions, startRestartable } from './restartable.ts'
import { startServer } from './server-process.ts'

/** A Redis server that keeps nothing on disk: what it knew is gone when it ends. */
export interface RedisServer extends Restartable {
  /** `redis://127.0.0.1:port`, the same after each start. */
  readonly address: string
}

/**
 * Finds `redis-server` on the PATH.
 * @throws MissingTool
 */
export async function redisProgram(): Promise<string> {
  const program = 'redis-server'
  await promisify(execFile)(program, ['--version']).catch(() => {
    throw new MissingTool('Redis', 'apt-get install redis-server')
  })
  return program
}

/**
 * Starts Redis.
 * @throws MissingTool
 */
export async function startRedis({ signal, ...wanted }: StartOptions = {}): Promise<RedisServer> {
  const program = await redisProgram()
  const port = wanted.port ?? (await freePort())
  const server = await startRestartable({
    name: 'redis',
    launch: (folder) => {
      const settings = { bind: '127.0.0.1', port, dir: folder, save: '', appendonly: 'no' }
      const args = Object.entries(settings).flatMap(([name, value]) => [`--${name}`, String(value)])
      return startServer(program, args, { ready: () => accepts(port), signal })
    },
  })
  return Object.assign(server, { address: `redis://127.0.0.1:${port}` })
}
