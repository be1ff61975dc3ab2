import type { Parked } from '@waybill/core'

/** When what is set aside will be tried again, in RFC 3339; `null`: not by itself. */
export function nextTry({ nextAt }: Pick<Parked, 'nextAt'>): string | null {
  return nextAt === Number.MAX_SAFE_INTEGER ? null : new Date(nextAt).toISOString()
}
