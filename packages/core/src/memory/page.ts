import { sizes } from '../limits.ts'

type Payload = { readonly payload: Uint8Array }
type Carrying = Payload | { readonly event: Payload }

/** The first of these events, at most so many, up to the one with which they come to `pageBytesMax`. */
export function page<T extends Carrying>(events: readonly T[], limit: number): T[] {
  let bytes = 0
  const last = events.slice(0, limit).findIndex((one) => {
    const { payload }: Payload = 'event' in one ? one.event : one
    bytes += payload.length
    return bytes >= sizes.pageBytesMax
  })
  return events.slice(0, last === -1 ? limit : last + 1)
}
