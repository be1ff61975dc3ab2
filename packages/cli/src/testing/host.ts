import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Application, createLogger, readConfig, startHost } from '@waybill/runtime'
import { openBackends } from '../backends.ts'

/** A system that runs as a user runs it, on the embedded database and on free ports. */
export interface TestHost {
  readonly address: string
  readonly adminAddress: string
  /** Log lines that say that something is broken. */
  readonly errors: readonly string[]
  stop(): Promise<void>
}

/**
 * Starts a system, without a rate limit unless `variables` say so.
 * @param options.folder its data stay there; without one they go with the host
 * @param options.variables of its environment
 */
export async function startTestHost(
  application: Application,
  options: { folder?: string | undefined; variables?: Readonly<Record<string, string>> } = {},
): Promise<TestHost> {
  const folder = options.folder ?? (await mkdtemp(join(tmpdir(), 'waybill-test-')))
  const config = {
    ...readConfig({ WAYBILL_DATA: folder, WAYBILL_RATE_LIMIT: '0', ...options.variables }, [application]),
    ports: new Map([[application.name, 0]]),
    consolePort: 0,
  }
  const errors: string[] = []
  const logger = createLogger({ json: true, sink: { write: (line) => isError(line) && errors.push(line) } })
  const host = await startHost({
    applications: [application],
    config,
    backends: await openBackends(config, logger),
    logger,
  })
  void host.crashed.then((error) => errors.push(`crashed: ${String(error)}`))
  return {
    address: host.systems[0]!.address,
    adminAddress: host.adminAddress,
    errors,
    async stop() {
      await host.stop()
      if (options.folder === undefined) await rm(folder, { recursive: true })
    },
  }
}

function isError(line: string): boolean {
  return /"level":"(error|fatal)"/.test(line)
}
