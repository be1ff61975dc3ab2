import assert from 'node:assert/strict'
import {
  command,
  entity,
  event,
  hasCode,
  type Log,
  on,
  service,
  sizes,
  type Store,
  system,
  systemCaller,
} from '@waybill/core'
import Type, { type TSchema } from 'typebox'
import { many } from '../store/fixtures.ts'
import { eventually } from '../waiting.ts'
import { group } from './group.ts'
import { repeatingLog } from './repeating-log.ts'
import { answerEvent, teller } from './small.ts'
import type { World } from './world.ts'

/** A system that carries texts, and whatever else its schema allows, from one service to another. */
function carrying({ suffix }: World, content: TSchema = Type.String()) {
  const data = Type.Object({ id: Type.String(), content })
  const Sent = event('Sent', { topic: `sent-${suffix}`, key: 'id', data })
  const Box = entity('box', {})
  const Got = entity('got', { count: 0 }).evolve(Sent, ({ count }) => ({ count: count + 1 }))
  const send = command('send', {
    input: data,
    at: Box,
    id: ({ id }) => id,
    emits: [Sent],
    decide: (_, input) => Sent(input),
  })
  const sender = service(`sender-${suffix}`, { entities: [Box], commands: [send] })
  const receiver = service(`receiver-${suffix}`, {
    entities: [Got],
    handlers: [on(Sent).at(Got, 'id').observe()],
  })
  return { Got, send, sender, receiver, system: system(`carrying-${suffix}`, [sender, receiver]) }
}

const big = 'x'.repeat(500_000)

export const bounds = group('bounds', {
  'a payload that is too large or too deep is refused, and named with its field': async (world) => {
    const Deep = Type.Any()
    const it = carrying(world, Deep)
    const process = await world.run(it.system, { codec: anyCodec })
    const send = (id: string, content: unknown) =>
      process.engine(it.sender).submit(it.send, { id, content }, { caller: systemCaller })
    const refused = async (content: unknown, expected: RegExp): Promise<void> => {
      await assert.rejects(send('a', content), (error) => {
        assert.ok(hasCode(error, 'LIMIT_EXCEEDED'))
        assert.match(String(error), expected)
        return true
      })
    }
    await refused(
      'x'.repeat(sizes.payloadBytesMax),
      /The payload of Sent is \d+ bytes long, most of it content; at most 524288/,
    )
    const deep = many(sizes.depthMax + 1, String).reduce<unknown>((inner) => [inner], 'x')
    await refused(deep, /The payload of Sent is more than 64 levels deep/)
    await send('a', big)
    await eventually('it has come', async () => (await process.state(it.receiver, it.Got, 'a')).count === 1)
  },

  'however much waits, a batch writes and takes a bounded number of bytes': async (world) => {
    const it = carrying(world)
    let most = 0
    const weigh = (store: Store): Store => ({
      ...store,
      transact: (need, decide) =>
        store.transact(need, async (loaded, more) => {
          const write = await decide(loaded, more)
          most = Math.max(
            most,
            write.events.reduce((sum, { payload }) => sum + payload.length, 0),
          )
          return write
        }),
    })
    const process = await world.run(it.system, { store: weigh })
    const ids = many(60, (n) => `k${n}`)
    const sent = ids.map((id) =>
      process.engine(it.sender).submit(it.send, { id, content: big }, { caller: systemCaller }),
    )
    await Promise.all(sent)
    for (const id of ids) {
      await eventually('it has come', async () => (await process.state(it.receiver, it.Got, id)).count === 1)
    }
    assert.ok(most > 0 && most <= 9 * 1024 * 1024, `${most} bytes in one batch`)
  },

  'one decide that takes far too long harms that event only': async (world) => {
    const { suffix, clock } = world
    const told = teller(suffix)
    const Done = answerEvent('Done', suffix)
    const Work = entity('work', { count: 0 }).evolve(Done, ({ count }) => ({ count: count + 1 }))
    let skippedMs = 0
    let tries = 0
    const working = service(`working-${suffix}`, {
      entities: [Work],
      handlers: [
        on(told.Said)
          .at(Work, 'id')
          .emits(Done)
          .decide((_, thing) => {
            if (thing.n > 0) {
              skippedMs += thing.n
              tries += 1
            }
            return Done(thing)
          }),
      ],
    })
    const it = system(`working-${suffix}`, [told.telling, working])
    const slow = { ...clock, monotonic: () => clock.monotonic() + skippedMs }
    const process = await world.run(it, { clock: slow })
    await Promise.all([told.tell(process, 'slow', 7_000), ...many(20, (n) => told.tell(process, `k${n}`))])
    for (const id of many(20, (n) => `k${n}`)) {
      await eventually(`${id} is done`, async () => (await process.state(working, Work, id)).count === 1)
    }
    const [parked] = await (await world.look(working, it)).parked(10)
    assert.equal(parked!.event.key, 'slow')
    assert.match(parked!.error!.message, /It took 7\d{3} ms to decide; at most 3000 are allowed/)
    assert.ok(tries > 0)
  },

  'many decides that are slow together go in several batches': slowTogether,

  'also where the log repeats: what one batch does not come to, the next one takes': (world) =>
    slowTogether(world, repeatingLog),
})

async function slowTogether(
  { suffix, clock, run }: World,
  log: (log: Log) => Log = (one) => one,
): Promise<void> {
  const told = teller(suffix)
  const Done = answerEvent('Done', suffix)
  const Work = entity('work', { count: 0 }).evolve(Done, ({ count }) => ({ count: count + 1 }))
  let skippedMs = 0
  const working = service(`working-${suffix}`, {
    entities: [Work],
    handlers: [
      on(told.Said)
        .at(Work, 'id')
        .emits(Done)
        .decide((_, thing) => {
          skippedMs += 80
          return Done(thing)
        }),
    ],
  })
  const it = system(`working-${suffix}`, [told.telling, working])
  const telling = await run(it, {}, [told.telling])
  const ids = many(100, (n) => `k${n}`)
  await Promise.all(ids.map((id) => told.tell(telling, id)))
  const slow = { ...clock, monotonic: () => clock.monotonic() + skippedMs }
  const process = await run(it, { clock: slow, log }, [working])
  for (const id of ids) {
    await eventually(`${id} is done`, async () => (await process.state(working, Work, id)).count === 1)
  }
  const conflicts = process.reports.retried.filter(({ cause }) => hasCode(cause, 'BATCH_CONFLICT'))
  assert.deepEqual(conflicts, [], 'nobody else was there')
  assert.ok(
    process.reports.batches.every(({ events }) => events.length <= 10),
    'a batch decides for half a second',
  )
  assert.deepEqual(process.reports.parked, [])
}

const encoder = new TextEncoder()
const decoder = new TextDecoder()

/** Payloads as JSON, whatever their schema. */
const anyCodec = {
  encode: (_: unknown, data: unknown) => encoder.encode(JSON.stringify(data)),
  decode: (_: unknown, payload: Uint8Array) => JSON.parse(decoder.decode(payload)) as Record<string, unknown>,
}
