import { randomBytes, scrypt, timingSafeEqual } from 'node:crypto'
import { fairTurns } from './fair-turns.ts'

interface Cost {
  readonly N: number
  readonly r: number
  readonly p: number
}

/** 128 MB and some 300 ms, as OWASP has it for scrypt. Stored with each hash, so that it can be raised. */
const cost: Cost = { N: 2 ** 17, r: 8, p: 1 }
const keyLength = 32
/** What scrypt takes is 128 bytes times N and r; Node refuses more than its limit. */
const memoryMax = 256 * 1024 * 1024
const turns = fairTurns()

/**
 * A password as it may be stored.
 * @param whom for whom it is done: see `fairTurns`
 * @throws OVERLOADED
 */
export async function hashPassword(password: string, whom: string): Promise<string> {
  const salt = randomBytes(16)
  const key = await derive(password, salt, keyLength, cost, whom)
  return ['scrypt', cost.N, cost.r, cost.p, salt.toString('base64url'), key.toString('base64url')].join('$')
}

/**
 * Whether a password is the one; without a stored hash, no, after the same time.
 * @throws OVERLOADED
 */
export async function verifyPassword(
  password: string,
  stored: string | undefined,
  whom: string,
): Promise<boolean> {
  if (stored === undefined) {
    await derive(password, Buffer.alloc(16), keyLength, cost, whom)
    turns.blame(whom)
    return false
  }
  const { how, salt, key } = partsOf(stored)
  const isRight = timingSafeEqual(await derive(password, salt, key.length, how, whom), key)
  // Else the time would tell that there is such an account, and an old one.
  if (!isRight && isCheap(stored)) await derive(password, salt, keyLength, cost, whom)
  if (!isRight) turns.blame(whom)
  return isRight
}

/** Whether a hash cost less than one that is made now: then the password had better be hashed anew, while it is at hand. */
export function isCheap(stored: string): boolean {
  const { N, r, p } = partsOf(stored).how
  return N * r * p < cost.N * cost.r * cost.p
}

function partsOf(stored: string) {
  const [, N, r, p, salt, hash] = stored.split('$') as [string, string, string, string, string, string]
  return {
    how: { N: Number(N), r: Number(r), p: Number(p) },
    salt: Buffer.from(salt, 'base64url'),
    key: Buffer.from(hash, 'base64url'),
  }
}

function derive(password: string, salt: Buffer, length: number, how: Cost, whom: string): Promise<Buffer> {
  return turns.take(
    whom,
    () =>
      new Promise((resolve, reject) => {
        scrypt(password.normalize('NFC'), salt, length, { ...how, maxmem: memoryMax }, (error, key) =>
          error === null ? resolve(key) : reject(error),
        )
      }),
  )
}
