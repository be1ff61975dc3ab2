import { WaybillError } from '@waybill/core'
import type { Logger } from 'pino'
import type { Host } from './host.ts'

const stopMsMax = 10_000
/** npm hands on the Ctrl-C that the terminal sends to every process: nobody has pressed it twice. */
const echoMs = 500

/**
 * Ends the process in good order: at SIGTERM or SIGINT with code 0, at a second one at once. Also, with code 1, when an
 * engine meets a broken invariant or nobody handles an error: to go on would be to guess.
 * @param process what is ended; this one by default
 */
export function endWithSignals(
  host: Pick<Host, 'stop' | 'crashed'>,
  logger: Logger,
  process: Pick<NodeJS.Process, 'on' | 'exit'> = globalThis.process,
): void {
  let ending = false
  let echoing = true
  const end = async (code: number): Promise<void> => {
    ending = true
    setTimeout(() => (echoing = false), echoMs).unref()
    setTimeout(() => {
      logger.error(`not finished within ${stopMsMax / 1_000} s; what is left goes on at the next start`)
      process.exit(1)
    }, stopMsMax).unref()
    try {
      await host.stop()
      process.exit(code)
    } catch (error) {
      logger.error({ err: error }, 'could not stop in good order')
      process.exit(1)
    }
  }

  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    process.on(signal, () => {
      if (ending) return echoing ? undefined : process.exit(1)
      logger.info(`${signal}: finishing the work in hand`)
      return void end(0)
    })
  }
  const die = (error: unknown): void => {
    const help = error instanceof WaybillError ? error.help : undefined
    logger.fatal({ err: error, help }, 'this process cannot go on')
    if (!ending) void end(1)
  }
  void host.crashed.then(die)
  process.on('uncaughtException', die)
  process.on('unhandledRejection', die)
}
