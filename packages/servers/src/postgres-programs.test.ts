import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import {
  chmodSync,
  chownSync,
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { after, describe, it } from 'node:test'
import { type PostgresPrograms, postgresPrograms, reachable } from './postgres-programs.ts'
import { temporaryPlaceOf } from './temporary-place.ts'
import { nobodyIfRoot } from './user.ts'

const user = (await nobodyIfRoot())!
const skip = user === undefined && 'only root has folders that PostgreSQL cannot enter'

describe('PostgreSQL’s programs for root, below a folder that is root’s alone', { skip }, async () => {
  const folder = mkdtempSync(join(await temporaryPlaceOf(user), 'waybill-programs-'))
  after(() => rmSync(folder, { recursive: true }))
  chmodSync(folder, 0o755)
  const placeNamed = (name: string, mode: number): string => {
    const place = join(folder, name)
    mkdirSync(place)
    chmodSync(place, mode)
    return place
  }
  const inFolder = (name: string): PostgresPrograms => ({
    initdb: join(folder, name, 'bin/initdb'),
    postgres: join(folder, name, 'bin/postgres'),
  })

  placeNamed('closed', 0o700)
  cpSync(dirname(dirname((await postgresPrograms(undefined)).postgres)), join(folder, 'closed'), {
    recursive: true,
    verbatimSymlinks: true,
  })
  const closed = inFolder('closed')

  /** As much as counts here: a copy of the real ones takes seconds. */
  placeNamed('small', 0o700)
  placeNamed('small/bin', 0o700)
  const small = inFolder('small')
  for (const program of Object.values(small)) writeFileSync(program, '#!/bin/sh\n', { mode: 0o700 })

  it('are copied to a place that their user can enter: once, and only root can change them', async () => {
    const places = [placeNamed('too', 0o700), placeNamed('open', 0o1777)]
    const copies = await Promise.all([reachable(closed, user, places), reachable(closed, user, places)])
    assert.deepEqual(copies[0], copies[1])
    const [name, ...more] = readdirSync(places[1]!)
    assert.match(name!, /^waybill-postgres-[\da-f]{16}$/)
    assert.deepEqual(more, [])
    const version = execFileSync(copies[0].initdb, ['--version'], { ...user, cwd: '/', encoding: 'utf8' })
    assert.match(version, /PostgreSQL/)
    const { uid, mode } = statSync(join(places[1]!, name!))
    assert.deepEqual([uid, mode & 0o777], [0, 0o755])
  })

  it('are copied anew when something of the copy was deleted', async () => {
    const places = [placeNamed('swept', 0o1777)]
    const { initdb } = await reachable(small, user, places)
    rmSync(initdb)
    assert.equal((await reachable(small, user, places)).initdb, initdb)
    assert.ok(statSync(initdb).isFile())
  })

  it('are never those that somebody else has put there', async () => {
    const elsewhere = placeNamed('elsewhere', 0o1777)
    const { postgres } = await reachable(small, user, [elsewhere])
    const copy = dirname(dirname(postgres))
    const name = basename(copy)
    const taken = placeNamed('taken', 0o1777)
    cpSync(copy, join(taken, name), { recursive: true })
    chownSync(join(taken, name), user.uid, user.gid)
    const linked = placeNamed('linked', 0o1777)
    symlinkSync(copy, join(linked, name))
    const everybodys = placeNamed('everybodys', 0o777)
    await assert.rejects(reachable(small, user, [taken, linked, everybodys]), (error: Error) => {
      const [, first, second, third] = error.message.split('\n')
      assert.match(first!, /taken.* is not root's alone/)
      assert.match(second!, /linked.* is no folder/)
      assert.match(third!, /Others than root can change what is in .*everybodys/)
      return true
    })
  })
})
