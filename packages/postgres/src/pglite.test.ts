import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { chmod, mkdir, mkdtemp, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { setTimeout as pause } from 'node:timers/promises'
import type { Worker } from 'node:worker_threads'
import { hasCode, needNothing, service, type Write, writeNothing } from '@waybill/core'
import { anEvent } from './an-event.test.fixture.ts'
import { ConnectionLost, type Database } from './database.ts'
import { openPglite } from './drivers/pglite.ts'
import { createPostgresStore } from './store.ts'

let folder: string

before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'waybill-pglite-'))
})

after(() => rm(folder, { recursive: true, force: true }))

const inUse = (error: unknown): boolean => hasCode(error, 'DATA_FOLDER_IN_USE')

test('a folder keeps what was written, and is open only once', async () => {
  for (const number of [1, 2]) {
    const database = await openPglite(folder)
    try {
      await assert.rejects(openPglite(folder), inUse)
      const store = createPostgresStore({ database, schema: 'kept', service: 'kept' })
      await store.open(service('kept', {}))
      assert.equal(await store.nextNumber('invoice'), number)
      assert.equal((await store.load(needNothing)).snapshots.size, 0)
    } finally {
      await database.close()
    }
  }
})

test('only its owner may enter the folder, also one that was open to others', async () => {
  const open = join(folder, 'open')
  await mkdir(open, { mode: 0o755 })
  await chmod(open, 0o777)
  const shared = join(folder, 'shared')
  await mkdir(shared)
  await writeFile(join(shared, 'letter'), '')
  await chmod(shared, 0o755)
  await assert.rejects(openPglite(shared), { code: 'DATA_FOLDER_OPEN', message: /holds other things/ })
  assert.equal((await stat(shared)).mode & 0o777, 0o755)
  for (const one of [open, join(folder, 'new')]) {
    await (await openPglite(one)).close()
    assert.equal((await stat(one)).mode & 0o777, 0o700)
  }
})

test('a database that dies is opened anew, with all that was committed', async () => {
  const threads: Worker[] = []
  const notice = (thread: Worker): void => void threads.push(thread)
  process.on('worker', notice)
  const database = await openPglite(folder)
  try {
    const store = createPostgresStore({ database, schema: 'dying', service: 'dying' })
    await store.open(service('dying', {}))
    assert.equal(await store.nextNumber('invoice'), 1)
    const cut = store.transact(needNothing, async () => {
      await threads[0]!.terminate()
      throw new Error('decided too late')
    })
    await assert.rejects(cut)
    assert.equal(await store.nextNumber('invoice'), 2)
    assert.equal(threads.length, 2)
  } finally {
    process.off('worker', notice)
    await database.close()
  }
})

test('a commit whose answer was lost is found, whatever was committed behind it meanwhile', async () => {
  const database = await openPglite(folder)
  try {
    const [committed, cut] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()]
    let isLost = false
    const silent: Database = {
      ...database,
      transaction: async (work) => {
        const isAnswered = !isLost
        isLost = false
        const result = await database.transaction(work)
        if (isAnswered) return result
        committed.resolve()
        await cut.promise
        throw new ConnectionLost(new Error('No answer came'), 'a session that is gone')
      },
    }
    const store = createPostgresStore({ database: silent, schema: 'silent', service: 'silent' })
    const definition = service('silent', {})
    await store.open(definition)
    isLost = true
    const lost = store.transact(needNothing, () => ({ ...writeNothing, events: [anEvent('news')] }))
    await committed.promise
    // As a relay does that has published it already.
    const { firstPosition } = await store.transact(needNothing, () => ({
      ...writeNothing,
      offsets: [{ source: 'relay', partition: 0, expected: 0, next: 1 }],
    }))
    cut.resolve()
    assert.deepEqual([await lost, firstPosition], [{ firstPosition: 1 }, 2])
  } finally {
    await database.close()
  }
})

test('another process keeps its folder until it is gone, however it went', async () => {
  const holder = await holdInAnotherProcess()
  const opening = openPglite(folder)
  assert.equal(await Promise.race([opening, pause(1_000, 'waits')]), 'waits')
  const gone = new Promise((resolve) => holder.once('exit', resolve))
  holder.kill('SIGKILL')
  await gone
  const database = await opening
  await database.close()
})

test('a decide that computes for too long writes nothing, one that never ends holds up nobody', async () => {
  const database = await openPglite(folder)
  try {
    const store = createPostgresStore({ database, schema: 'slow', service: 'slow' })
    await store.open(service('slow', {}))
    const unavailable = (error: unknown): boolean => hasCode(error, 'STORE_UNAVAILABLE')
    const offset = { source: 'orders', partition: 0, expected: 0, next: 1 }
    const computing = store.transact(needNothing, () => {
      for (const end = performance.now() + 6_500; performance.now() < end;);
      return { ...writeNothing, offsets: [offset] }
    })
    await assert.rejects(computing, unavailable)
    assert.deepEqual(await store.offsets(), [])

    const woken = Promise.withResolvers<Write>()
    const frozen = store.transact(needNothing, () => woken.promise)
    const behind = store.transact(needNothing, () => ({ ...writeNothing, offsets: [offset] }))
    await assert.rejects(frozen, unavailable)
    await behind
    woken.resolve({ ...writeNothing, offsets: [{ ...offset, expected: 1, next: 2 }] })
    await store.nextNumber('after')
    assert.deepEqual(await store.offsets(), [{ source: 'orders', partition: 0, next: 1 }])
  } finally {
    await database.close()
  }
})

test('a program that is started with `node --watch` has its database', async () => {
  const watched = await mkdtemp(join(folder, 'watched-'))
  const script = join(watched, 'program.ts')
  await writeFile(
    script,
    `${opening(join(watched, 'data'))}
    const [[product]] = await database.read((run) => run({ text: 'select 6 * 7' }))
    await database.close()
    console.log('it is', product)`,
  )
  const child = spawn(process.execPath, ['--watch', ...conditions, script])
  const gone = new Promise((resolve) => child.once('exit', resolve))
  try {
    const said = await new Promise<string>((resolve) => {
      let output = ''
      const hear = (text: Buffer): void => {
        output += String(text)
        // Node says so of the program, and waits for a file to change.
        if (/Completed running|Failed running/.test(output)) resolve(output)
      }
      child.stdout.on('data', hear)
      child.stderr.on('data', hear)
    })
    assert.match(said, /it is 42/)
    assert.doesNotMatch(said, /Error|Failed/)
  } finally {
    child.kill()
    await gone
  }
})

const conditions = process.execArgv.filter((flag) => flag.startsWith('--conditions'))

/** The beginning of a program that opens the database in a folder. */
function opening(there: string): string {
  const driver = new URL('./drivers/pglite.ts', import.meta.url).href
  return `import { openPglite } from ${JSON.stringify(driver)}
    const database = await openPglite(${JSON.stringify(there)})`
}

/** Resolves when a new process has opened the folder. */
async function holdInAnotherProcess(): Promise<ChildProcess> {
  const script = `${opening(folder)}
    console.log('open')`
  const child = spawn(process.execPath, [...conditions, '-e', script], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  await new Promise((resolve, reject) => {
    child.stdout.once('data', resolve)
    child.once('exit', () => reject(new Error('The other process did not open the folder')))
  })
  return child
}
