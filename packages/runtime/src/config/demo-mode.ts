import type { Environment } from './environment.ts'
import { yesOrNo } from './kinds.ts'

const development = new Set(['', 'development', 'test'])

/**
 * Reads whether accounts and data that everybody knows are to be there: where that is asked for by name, or where nobody
 * says what this is and only this machine reaches it, by itself and by no proxy. A word that is spelled in an unknown way means production.
 */
export function readDemoMode(
  { mistakes, read }: Pick<Environment, 'mistakes' | 'read'>,
  { nodeEnv, host, trustedProxies }: { nodeEnv: string; host: string; trustedProxies: readonly string[] },
): boolean {
  const asked = read('WAYBILL_DEMO', yesOrNo)
  if (asked === true && /^\s*prod(uction)?\s*$/i.test(nodeEnv)) {
    mistakes.push(
      'WAYBILL_DEMO is true, and NODE_ENV is production: accounts would exist that everybody knows; allowed: one of them',
    )
  }
  const isForThisMachine = isLoopback(host) && trustedProxies.length === 0
  return asked ?? (development.has(nodeEnv.toLowerCase()) && isForThisMachine)
}

/** Whether only this machine reaches a server that listens there. */
export function isLoopback(host: string): boolean {
  return /^(localhost|127(\.\d{1,3}){3}|::1)$/i.test(host)
}
