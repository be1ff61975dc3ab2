import { messageOf, WaybillError } from '@waybill/core'
import { portVariable } from '../config/config.ts'

/**
 * Starts something that listens. A port or an address that cannot be had is a matter of configuration.
 * @param name the system whose gateway it is, or `console`
 * @throws CONFIGURATION_INVALID naming the variable
 */
export async function onPort<T>(name: string, start: () => Promise<T>): Promise<T> {
  try {
    return await start()
  } catch (cause) {
    if (!(cause instanceof Error && 'syscall' in cause && cause.syscall === 'listen')) throw cause
    throw new WaybillError(
      'CONFIGURATION_INVALID',
      `${portVariable(name)} and WAYBILL_HOST name an address that cannot be had: ${messageOf(cause)}`,
      { cause },
    )
  }
}
