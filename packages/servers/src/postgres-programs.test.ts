import assert from 'node:assert/strict'
import { execFileSync, spawnSync } from 'node:child_process'
import {
  chmodSync,
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  statSync,
  symlinkSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { after, describe, it } from 'node:test'
import { type PostgresPrograms, postgresPrograms, reachable } from './postgres-programs.ts'
import { nobodyIfRoot } from './user.ts'

const user = (await nobodyIfRoot())!
const skip = user === undefined && 'only root has folders that PostgreSQL cannot enter'

describe('PostgreSQL’s programs for root, below a folder that is root’s alone', { skip }, async () => {
  const folder = mkdtempSync(join(tmpdir(), 'waybill-programs-'))
  after(() => rmSync(folder, { recursive: true }))
  const { postgres } = await postgresPrograms(undefined)
  cpSync(dirname(dirname(postgres)), join(folder, 'closed'), { recursive: true, verbatimSymlinks: true })
  // As `umask 077` makes what npm unpacks.
  chmodSync(join(folder, 'closed'), 0o700)
  chmodSync(folder, 0o755)
  const closed: PostgresPrograms = {
    initdb: join(folder, 'closed/bin/initdb'),
    postgres: join(folder, 'closed/bin/postgres'),
  }
  const placeNamed = (name: string, mode: number): string => {
    const place = join(folder, name)
    mkdirSync(place)
    chmodSync(place, mode)
    return place
  }

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
    const { initdb } = await reachable(closed, user, places)
    rmSync(initdb)
    assert.equal((await reachable(closed, user, places)).initdb, initdb)
    assert.ok(statSync(initdb).isFile())
  })

  it('are never those that somebody else has put there', async () => {
    const elsewhere = placeNamed('elsewhere', 0o1777)
    const { postgres } = await reachable(closed, user, [elsewhere])
    const copy = dirname(dirname(postgres))
    const taken = placeNamed('taken', 0o1777)
    const takenBy = join(taken, copy.slice(elsewhere.length + 1))
    const linked = placeNamed('linked', 0o1777)
    cpSync(copy, takenBy, { recursive: true })
    const asNobody = { ...user, cwd: '/' }
    execFileSync('chown', [String(user.uid), takenBy])
    const link = join(linked, copy.slice(elsewhere.length + 1))
    assert.equal(spawnSync('ln', ['-s', takenBy, link], asNobody).status, 0)
    const everybodys = placeNamed('everybodys', 0o777)
    await assert.rejects(reachable(closed, user, [taken, linked, everybodys]), (error: Error) => {
      const [, first, second, third] = error.message.split('\n')
      assert.match(first!, /taken.* is not root's alone/)
      assert.match(second!, /linked.* is no folder/)
      assert.match(third!, /Others than root can change what is in .*everybodys/)
      return true
    })
    rmSync(link)
    symlinkSync(takenBy, link)
    await assert.rejects(reachable(closed, user, [linked]), /is no folder/)
  })
})
