import { hash } from 'node:crypto'

const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i

/**
 * Ids from outside as UUIDs, which the store wants: a UUID as it is, any other text as the UUID that follows from it and
 * from its source (version 8, RFC 9562), so that the same id twice is the same UUID twice. Of a source only: two of them
 * may both have an event 17, and CloudEvents says that source and id together name one.
 */
export function asUuid(id: string, source = ''): string {
  if (uuid.test(id)) return id.toLowerCase()
  const digest = hash('sha256', `${source}\0${id}`)
  const variant = ((Number.parseInt(digest[16]!, 16) & 3) | 8).toString(16)
  return [
    digest.slice(0, 8),
    digest.slice(8, 12),
    `8${digest.slice(13, 16)}`,
    `${variant}${digest.slice(17, 20)}`,
    digest.slice(20, 32),
  ].join('-')
}
