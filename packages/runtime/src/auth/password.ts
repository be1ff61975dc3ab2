import { randomBytes, scrypt, timingSafeEqual } from 'node:crypto'
import { WaybillError } from '@waybill/core'

/** 16 MB and some 50 ms, as RFC 7914 has it for logins. Stored with each hash, so that it can be raised. */
const cost = { N: 2 ** 14, r: 8, p: 1 }
const keyLength = 32

/** More at once would take the threads from which files and DNS are served too. */
const atOnce = 2
const longestQueue = 100
let running = 0
const waiting: (() => void)[] = []

/** A password as it may be stored. */
export async function hashPassword(password: string): Promise<string> {
  const salt = randomBytes(16)
  const key = await derive(password, salt, keyLength, cost)
  return ['scrypt', cost.N, cost.r, cost.p, salt.toString('base64url'), key.toString('base64url')].join('$')
}

/** Whether a password is the one; without a stored hash, no, after the same time. */
export async function verifyPassword(password: string, stored: string | undefined): Promise<boolean> {
  if (stored === undefined) {
    await derive(password, Buffer.alloc(16), keyLength, cost)
    return false
  }
  const [, N, r, p, salt, hash] = stored.split('$') as [string, string, string, string, string, string]
  const key = Buffer.from(hash, 'base64url')
  const how = { N: Number(N), r: Number(r), p: Number(p) }
  return timingSafeEqual(await derive(password, Buffer.from(salt, 'base64url'), key.length, how), key)
}

/** @throws OVERLOADED when too many wait already */
async function derive(password: string, salt: Buffer, length: number, how: typeof cost): Promise<Buffer> {
  if (running < atOnce) running += 1
  else if (waiting.length >= longestQueue) throw new WaybillError('OVERLOADED', 'too many logins at once')
  else await new Promise<void>((resolve) => waiting.push(resolve))
  try {
    return await new Promise((resolve, reject) => {
      scrypt(password.normalize('NFC'), salt, length, how, (error, key) =>
        error === null ? resolve(key) : reject(error),
      )
    })
  } finally {
    const next = waiting.shift()
    // A slot goes straight to the next in the queue, so nobody can slip in between.
    if (next === undefined) running -= 1
    else next()
  }
}
