import assert from 'node:assert/strict'
import { group } from './context.ts'
import { aDeadline, anEvent, aParked, aService, setAside, write } from './fixtures.ts'

export const notes = group('notes', {
  'are kept until others take their place, and other processes find them': async ({ open }) => {
    const service = aService()
    const [store, other] = [await open(service), await open(service)]
    assert.deepEqual([...(await store.notes())], [])
    await store.keepNotes(
      new Map([
        ['entity order', '1'],
        ['event OrderPlaced', ''],
      ]),
    )
    await store.keepNotes(
      new Map([
        ['entity order', '2'],
        ['view "it\'s"', '{}'],
      ]),
    )
    const latest = new Map([
      ['entity order', '2'],
      ['view "it\'s"', '{}'],
    ])
    assert.deepEqual(await other.notes(), latest)
    await store.keepNotes(new Map())
    assert.deepEqual([...(await other.notes())], [])
  },

  'a store says whether it holds such an entity, or such an event, now or to come': async ({ open }) => {
    const store = await open(aService())
    const events = [
      anEvent({ key: 'a', text: '1', type: 'Placed', subject: 'order/a' }),
      anEvent({ key: 'a', text: '2', type: 'Told', subject: undefined }),
    ]
    const snapshots = [{ subject: 'order/a', version: 1, expected: 0, way: 1, state: {} }]
    await write(store, { events, snapshots, deadlines: [aDeadline({ type: 'Overdue' })] })
    await setAside(store, { park: [aParked('k', '{}')] })
    const held = [
      { entity: 'order' },
      { entity: 'orders' },
      { entity: 'ord' },
      { event: 'Placed' },
      { event: 'Told' },
      { event: 'Overdue' },
      { event: aParked('k', '{}').event.type },
      { event: 'Tol' },
    ]
    assert.deepEqual(await Promise.all(held.map((what) => store.holds(what))), [
      true,
      false,
      false,
      true,
      true,
      true,
      true,
      false,
    ])
  },
})
