import type { Send } from './call.ts'

/** Every item of a list, through all its pages. */
export async function allItems<T>(send: Send, path: string): Promise<T[]> {
  const items: T[] = []
  let cursor = ''
  do {
    const { status, body } = await send(`GET ${path}?limit=100${cursor}`)
    if (status !== 200) throw new Error(`${path} cannot be listed: ${JSON.stringify(body)}`)
    items.push(...body.items)
    cursor = body.nextCursor === null ? '' : `&cursor=${encodeURIComponent(body.nextCursor)}`
  } while (cursor !== '')
  return items
}
