import assert from 'node:assert/strict'
import type { Message, Store } from '@waybill/core'
import { aParked, setAside } from '../store/fixtures.ts'
import { eventually } from '../waiting.ts'
import { type Forgery, forgingLog } from './forging-log.ts'
import { group } from './group.ts'
import { repeatingLog } from './repeating-log.ts'
import type { Process, World } from './world.ts'

const text = (payload: Uint8Array): string => Buffer.from(payload).toString()
const bytes = (data: unknown): Uint8Array => Buffer.from(JSON.stringify(data))

/** What others might write beside the first note of the key `k`, with the code that it is refused with. */
function forgeries({ flow, newId }: World): readonly (Forgery & { readonly code: string })[] {
  const { events, services } = flow
  const note = bytes({ key: 'k', n: 99 })
  const order = bytes({ orderId: 'k', product: 'p' })
  const pieces = bytes({ product: 'p', quantity: 1_000_000 })
  const forged: readonly (Forgery & { readonly code: string })[] = [
    // Its type on its topic, from others.
    { producer: '', event: { payload: note }, code: 'EVENT_MISPLACED' },
    { producer: services.pay.name, event: { payload: note }, code: 'EVENT_MISPLACED' },
    // Types of others on this topic, from whoever has them and from this producer.
    { event: { type: events.Placed.type, payload: order }, code: 'EVENT_MISPLACED' },
    {
      producer: services.stock.name,
      event: { type: events.Restocked.type, payload: pieces },
      code: 'EVENT_MISPLACED',
    },
    // What no log carries.
    { event: { type: events.Overdue.type, payload: order }, code: 'EVENT_MISPLACED' },
    { event: { type: events.Welcomed.type, topic: undefined, payload: order }, code: 'EVENT_MISPLACED' },
    // What is nothing at all.
    { producer: '', event: { type: 'Invented', payload: order }, code: 'UNKNOWN_EVENT' },
    { event: { type: '', payload: order }, code: 'UNKNOWN_EVENT' },
    { producer: services.pay.name, event: { type: 'Newer', payload: order }, code: 'UNKNOWN_EVENT' },
    { event: { payload: Buffer.from('{"n":') }, code: 'PAYLOAD_UNREADABLE' },
  ]
  return forged.map(({ event, ...rest }) => ({ ...rest, event: { id: newId(), key: 'k', ...event } }))
}

const isFirstNote = ({ event }: Message): boolean =>
  event.type === 'Noted' && text(event.payload).includes('"n":1}')

async function read(process: Process, ...expected: readonly number[]): Promise<void> {
  await eventually('it is read', async () => (await process.notesRead('k')).length >= expected.length)
  assert.deepEqual(await process.notesRead('k'), expected)
}

const summaryOf = async (store: Store): Promise<readonly string[]> =>
  (await store.parked(100))
    .map(({ event, error, attempts, nextAt }) =>
      [event.type, text(event.payload), error?.code, attempts, nextAt].join(' '),
    )
    .toSorted()

export const admission = group('admission', {
  'what is not from its own topic and producer changes nothing, holds up nothing, and stays refused': async (
    world,
  ) => {
    const { flow } = world
    const forged = forgeries(world)
    const expected = (attempts: number): readonly string[] =>
      forged
        .map(({ event, code }) =>
          [event!.type ?? 'Noted', text(event!.payload!), code, attempts, undefined].join(' '),
        )
        .toSorted()
    const process = await world.start({
      log: (log) => forgingLog(log, { forge: (message) => (isFirstNote(message) ? forged : []) }),
    })
    for (const n of [1, 2, 3]) await process.note('k', n)
    await read(process, 1, 2, 3)
    const store = await world.look(flow.services.stock)
    assert.deepEqual(await summaryOf(store), expected(1))
    const stockBefore = await process.read(flow.services.stock).entity(flow.Stock, 'p')
    await process.stop()

    await store.retryGivenUp('another definition')
    const again = await world.start()
    await eventually('all are tried again', async () =>
      (await store.parked(100)).every(({ attempts, nextAt }) => attempts === 2 && nextAt === undefined),
    )
    assert.deepEqual(await summaryOf(store), expected(2))
    await again.note('k', 4)
    await read(again, 1, 2, 3, 4)
    assert.deepEqual(await again.read(flow.services.stock).entity(flow.Stock, 'p'), stockBefore)
    again.assertNoCrash()
  },

  'what an older version set aside without saying who had published it is taken up': async (world) => {
    const { flow } = world
    const { type, topic } = flow.events.Noted
    const kept = aParked('k', JSON.stringify({ key: 'k', n: 7 }), { source: `${topic!.name}/0/5` })
    const elsewhere = { ...kept, event: { ...kept.event, id: world.newId(), topic: 'elsewhere' } }
    const first = await world.start()
    await first.stop()
    const store = await world.look(flow.services.stock)
    await setAside(store, {
      park: [
        { ...kept, event: { ...kept.event, type, topic: topic!.name } },
        { ...elsewhere, queue: 'log/elsewhere', event: { ...elsewhere.event, type } },
      ],
    })
    const process = await world.start()
    await read(process, 7)
    await eventually('only its topic is looked at', async () => {
      const [rest, ...more] = await store.parked(10)
      return rest?.error?.code === 'EVENT_MISPLACED' && more.length === 0
    })
  },

  'the id of what is refused counts for nothing, though it is that of an event of ours': async (world) => {
    const store = await world.look(world.flow.services.stock)
    const process = await world.start({
      log: (log) =>
        repeatingLog(
          forgingLog(log, {
            forge: (message) => (isFirstNote(message) ? [{ producer: '' }] : []),
            gate: () => eventually('it is set aside', async () => (await store.parked(10)).length === 1),
          }),
        ),
    })
    for (const n of [1, 2]) await process.note('k', n)
    await read(process, 1, 2)
    assert.equal((await store.parked(10)).length, 1)
  },

  'the id of an event counts on its own topic only, whoever has copied it': async (world) => {
    const { flow, newId } = world
    const { Placed } = flow.events
    // As if the service that publishes orders copied the id of a note: it may publish orders, and nothing else.
    const copy = (): Forgery => ({
      producer: flow.services.order.name,
      event: {
        type: Placed.type,
        topic: Placed.topic!.name,
        payload: bytes({ orderId: newId(), product: 'p' }),
      },
    })
    const process = await world.start({
      log: (log) =>
        repeatingLog(forgingLog(log, { forge: (message) => (isFirstNote(message) ? [copy()] : []) })),
    })
    for (const n of [1, 2]) await process.note('k', n)
    await read(process, 1, 2)
    process.assertNoCrash()
  },
})
