import assert from 'node:assert/strict'
import { hasCode, entity, on, service, sizes, system, type SystemDef, view } from '@waybill/core'
import Type from 'typebox'
import { many } from '../store/fixtures.ts'
import { eventually } from '../waiting.ts'
import { group } from './group.ts'
import { answerEvent, teller, type Thing } from './small.ts'
import type { World } from './world.ts'

/** A system whose second service keeps a shelf for each id that `names` finds in what it hears. */
function shelves({ suffix }: World, names: (thing: Thing) => readonly string[]) {
  const told = teller(suffix)
  const Put = answerEvent('Put', suffix)
  const Shelf = entity('shelf', { count: 0, together: 0 }).evolve(Put, ({ count }, { n }) => ({
    count: count + 1,
    together: n,
  }))
  const shelving = service(`shelves-${suffix}`, {
    entities: [Shelf],
    handlers: [
      on(told.Said)
        .at(Shelf, names)
        .emits(Put)
        .decide((shelves, { id }) => Put({ id, n: shelves.ids.length })),
    ],
  })
  return { ...told, Shelf, shelving, system: system(`shelves-${suffix}`, [told.telling, shelving]) }
}

export const naming = group('naming', {
  'an event that names an entity several times changes it once': async (world) => {
    const it = shelves(world, ({ id }) => ['a', 'a', 'b', 'b', id])
    const process = await world.run(it.system)
    await it.tell(process, 'a')
    await it.tell(process, 'c')
    // Of the two, either may be the first: they have other keys.
    await eventually(
      'both have come',
      async () => (await process.state(it.shelving, it.Shelf, 'a')).count === 2,
    )
    assert.deepEqual(await process.state(it.shelving, it.Shelf, 'c'), { count: 1, together: 3 })
    for (const id of ['a', 'b']) {
      assert.equal((await process.state(it.shelving, it.Shelf, id)).count, 2)
      const history = await (await world.look(it.shelving, it.system)).history(`shelf/${id}`)
      assert.equal(history.length, 2)
    }
    assert.deepEqual(process.reports.retried, [])
  },

  'an event that names too many, or one by too long an id, is set aside alone': async (world) => {
    const it = shelves(world, ({ id, n }) =>
      n === 0 ? [id] : n === 1 ? many(sizes.idsMax + 1, String) : ['x'.repeat(sizes.keyBytesMax + 1)],
    )
    const process = await world.run(it.system)
    await Promise.all([it.tell(process, 'many', 1), it.tell(process, 'long', 2), it.tell(process, 'good')])
    await eventually(
      'good has come',
      async () => (await process.state(it.shelving, it.Shelf, 'good')).count === 1,
    )
    const store = await world.look(it.shelving, it.system)
    await eventually('the others are set aside', async () => (await store.parked(10)).length === 2)
    const messages = (await store.parked(10))
      .map(({ error }) => `${error!.code} ${error!.message}`)
      .toSorted()
    assert.match(
      messages[0]!,
      /^LIMIT_EXCEEDED An id of the handler on Said, at shelf, is 1001 bytes long; at most 1000/,
    )
    assert.match(
      messages[1]!,
      /^LIMIT_EXCEEDED the handler on Said, at shelf, names 1001 entities; at most 1000/,
    )
  },

  'a view that throws while it names its rows harms that event only': async (world) => {
    const { suffix } = world
    const told = teller(suffix)
    const Row = Type.Object({ id: Type.String(), count: Type.Integer() })
    const Seen = view('seen', { key: 'id', row: Row }).on(
      told.Said,
      ({ id, n }) => {
        if (n < 0) throw new Error('no rows')
        return n > 0 ? 'x'.repeat(sizes.keyBytesMax + 1) : id
      },
      (row, _data, _meta, key) => ({ id: key, count: (row?.count ?? 0) + 1 }),
    )
    const seeing = service(`seeing-${suffix}`, { views: [Seen] })
    const it: SystemDef = system(`seeing-${suffix}`, [told.telling, seeing])
    const process = await world.run(it)
    await Promise.all([told.tell(process, 'a'), told.tell(process, 'bad', -1), told.tell(process, 'long', 1)])
    await told.tell(process, 'b')
    for (const id of ['a', 'b']) {
      await eventually(
        `${id} is seen`,
        async () => (await process.engine(seeing).read.row(Seen, id))?.count === 1,
      )
    }
    process.assertNoCrash()
    const parked = await (await world.look(seeing, it)).parked(10)
    assert.deepEqual(parked.map(({ event, error }) => `${event.key} ${error!.code}`).toSorted(), [
      'bad DECIDE_FAILED',
      'long LIMIT_EXCEEDED',
    ])
  },

  'half a character is in no key, and harms nobody else': async (world) => {
    const it = shelves(world, ({ id, n }) => [n === 0 ? id : 'half \ud800'])
    const process = await world.run(it.system)
    await assert.rejects(it.tell(process, 'half \ud800'), (error) => {
      assert.ok(hasCode(error, 'KEY_INVALID'))
      assert.match(String(error), /The id that say names holds half a character/)
      return true
    })
    await Promise.all([it.tell(process, 'half', 1), it.tell(process, 'good'), it.tell(process, 'whole 😀')])
    for (const id of ['good', 'whole 😀']) {
      await eventually(
        `${id} has come`,
        async () => (await process.state(it.shelving, it.Shelf, id)).count === 1,
      )
    }
    const store = await world.look(it.shelving, it.system)
    await eventually('the other is set aside', async () => (await store.parked(10)).length === 1)
    const [parked] = await store.parked(10)
    assert.equal(parked!.error!.code, 'KEY_INVALID')
    assert.match(parked!.error!.message, /An id of the handler on Said, at shelf, holds half a character/)
  },

  'what is too long for a key or a payload is refused where it enters': async (world) => {
    const it = shelves(world, ({ id }) => [id])
    const process = await world.run(it.system)
    await assert.rejects(it.tell(process, 'ä'.repeat(501)), (error) => {
      assert.ok(hasCode(error, 'LIMIT_EXCEEDED'))
      assert.match(String(error), /The id that say names is 1002 bytes long; at most 1000 are allowed/)
      return true
    })
    assert.ok(await it.tell(process, 'ä'.repeat(500)))
    await it.tell(process, 'good')
    await eventually(
      'good has come',
      async () => (await process.state(it.shelving, it.Shelf, 'good')).count === 1,
    )
  },
})
