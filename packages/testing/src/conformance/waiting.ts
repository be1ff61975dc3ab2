import assert from 'node:assert/strict'

const lookEveryMs = 5

/** How long something that must happen may take, on a machine that is very busy and a backend in another process. */
let patienceMs = 30_000

/** Shortens it where waiting is in vain: for backends that are wrong on purpose. */
export function setPatience(ms: number): void {
  patienceMs = ms
}

export function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms))
}

/** Waits until something holds; what throws does not hold yet. Fails with the last error, or with `what`. */
export async function eventually(what: string, holds: () => Promise<boolean> | boolean): Promise<void> {
  const until = performance.now() + patienceMs
  for (;;) {
    const late = performance.now() > until
    try {
      if (await holds()) return
    } catch (error) {
      if (late) throw error
    }
    assert.ok(!late, `did not happen within ${patienceMs} ms: ${what}`)
    await pause(lookEveryMs)
  }
}

/** Fails when a promise takes longer. */
export async function within<T>(what: string, promise: Promise<T>, ms: number = patienceMs): Promise<T> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(
      () => reject(new assert.AssertionError({ message: `took longer than ${ms} ms: ${what}` })),
      ms,
    )
  })
  try {
    return await Promise.race([promise, late])
  } finally {
    clearTimeout(timer)
  }
}
