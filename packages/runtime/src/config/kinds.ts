import { isIP } from 'node:net'
import type { Kind } from './environment.ts'

/** Where state is kept. */
export type StoreAddress = { readonly kind: 'pglite' } | { readonly kind: 'postgres'; readonly url: string }

export const text: Kind<string> = { allowed: 'any text', parse: (value) => value }

export const secretText: Kind<string> = {
  allowed: 'any text but an empty one',
  parse: (value) => (value === '' ? undefined : value),
}

export const hostName: Kind<string> = {
  allowed: 'an IP address or a host name, e.g. 127.0.0.1 or 0.0.0.0',
  parse: (value) => (/^[\w.:-]+$/.test(value) ? value : undefined),
}

export const port: Kind<number> = {
  allowed: 'a port number from 0 to 65535 (0: any free one)',
  parse: (value) => (/^\d{1,5}$/.test(value) && Number(value) <= 65_535 ? Number(value) : undefined),
}

export const requestsPerMinute: Kind<number> = {
  allowed: 'requests a minute and caller as a whole number, 0 for no limit',
  parse: (value) => (/^\d{1,9}$/.test(value) ? Number(value) : undefined),
}

export const timeScale: Kind<number> = {
  allowed: 'a number from 1 to 100000 by which durations are divided',
  parse: (value) => {
    const scale = Number(value)
    return scale >= 1 && scale <= 100_000 ? scale : undefined
  },
}

export const yesOrNo: Kind<boolean> = {
  allowed: 'true or false',
  parse: (value) => (value === 'true' ? true : value === 'false' ? false : undefined),
}

/** Addresses, ranges, or names that the HTTP server knows. */
export const networks: Kind<readonly string[]> = {
  allowed:
    'addresses, ranges such as 10.0.0.0/8, or loopback, linklocal, uniquelocal, with commas between them',
  parse: (value) => {
    const all = value.split(',').map((one) => one.trim())
    return all.every(isNetwork) ? all : undefined
  },
}

const named = new Set(['loopback', 'linklocal', 'uniquelocal'])

function isNetwork(text: string): boolean {
  if (named.has(text)) return true
  const [, address, bits = '0'] = /^([^/]+?)(?:\/(\d{1,3}))?$/.exec(text) ?? []
  const version = address === undefined ? 0 : isIP(address)
  return version > 0 && Number(bits) <= (version === 4 ? 32 : 128)
}

export const storeAddress: Kind<StoreAddress> = {
  allowed: 'pglite, or postgres://user:password@host:port/database',
  parse: (value) => {
    if (value === 'pglite') return { kind: 'pglite' }
    return hasScheme(value, 'postgres:', 'postgresql:') ? { kind: 'postgres', url: value } : undefined
  },
}

export const registryAddress: Kind<string> = {
  allowed: 'http://host:port[/path] or https://…',
  parse: (value) => (hasScheme(value, 'http:', 'https:') ? value : undefined),
}

export const redisAddress: Kind<string> = {
  allowed: 'redis://host:port or rediss://…',
  parse: (value) => (hasScheme(value, 'redis:', 'rediss:') ? value : undefined),
}

function hasScheme(value: string, ...schemes: readonly string[]): boolean {
  const url = URL.parse(value)
  if (url === null || !schemes.includes(url.protocol) || url.hostname === '') return false
  try {
    // As those who connect do.
    decodeURIComponent(url.username + url.password + url.pathname)
    return true
  } catch {
    return false
  }
}
