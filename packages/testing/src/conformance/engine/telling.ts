import assert from 'node:assert/strict'
import { command, entity, event, on, service, system, systemCaller, view } from '@waybill/core'
import Type from 'typebox'
import { many } from '../store/fixtures.ts'
import { eventually } from '../waiting.ts'
import { group } from './group.ts'
import { answerEvent, teller } from './small.ts'

export const telling = group('telling', {
  'a listener that throws changes nothing of what is committed': async (world) => {
    const { suffix } = world
    const told = teller(suffix)
    const Heard = entity('heard', { count: 0 }).evolve(told.Said, ({ count }) => ({ count: count + 1 }))
    const hearing = service(`hearing-${suffix}`, {
      entities: [Heard],
      handlers: [on(told.Said).at(Heard, 'id').observe()],
    })
    const process = await world.run(system(`hearing-${suffix}`, [told.telling, hearing]))
    for (const one of [told.telling, hearing]) {
      process.engine(one).tail(() => {
        throw new Error('not for me')
      })
    }
    const answers = await Promise.all(many(4, (n) => told.tell(process, 'a', n)))
    assert.ok(answers.every(({ refused }) => !refused))
    await eventually('all is heard', async () => (await process.state(hearing, Heard, 'a')).count >= 4)
    assert.deepEqual(await process.state(told.telling, told.Telling, 'a'), { count: 4 })
    assert.deepEqual(await process.state(hearing, Heard, 'a'), { count: 4 })
    assert.deepEqual([process.reports.retried, process.reports.parked], [[], []])
    const [failed] = process.reports.failed
    assert.deepEqual([failed!.what, String(failed!.cause)], ['a listener', 'Error: not for me'])
  },

  'an event of its own on a topic that the service reads is handled once': async (world) => {
    const { suffix } = world
    const data = Type.Object({ id: Type.String() })
    const onOrders = <const N extends string>(type: N) =>
      event(type, { topic: `orders-${suffix}`, key: 'id', data })
    const [Placed, Shipped] = [onOrders('Placed'), onOrders('Shipped')]
    const Mailed = event('Mailed', { topic: `mails-${suffix}`, key: 'id', data })
    const Order = entity('order', { mails: 0, isShipped: false })
      .evolve(Mailed, (order) => ({ ...order, mails: order.mails + 1 }))
      .evolve(Shipped, (order) => ({ ...order, isShipped: true }))
    const Shipment = entity('shipment', {})
    const Counts = view('counts', {
      key: 'id',
      row: Type.Object({ id: Type.String(), placed: Type.Integer() }),
    }).on(Placed, (row, { id }) => ({ id, placed: (row?.placed ?? 0) + 1 }))
    const place = command('place', {
      input: data,
      at: Order,
      id: ({ id }) => id,
      emits: [Placed],
      decide: (_, input) => Placed(input),
    })
    const ordering = service(`ordering-${suffix}`, {
      entities: [Order],
      views: [Counts],
      commands: [place],
      handlers: [
        on(Placed)
          .at(Order, 'id')
          .emits(Mailed)
          .decide((_, e) => Mailed(e)),
        on(Shipped).at(Order, 'id').observe(),
      ],
    })
    const shipping = service(`shipping-${suffix}`, {
      entities: [Shipment],
      handlers: [
        on(Placed)
          .at(Shipment, 'id')
          .emits(Shipped)
          .decide((_, e) => Shipped(e)),
      ],
    })
    const process = await world.run(system(`shared-${suffix}`, [ordering, shipping]))
    const ids = many(5, (n) => `o${n}`)
    for (const id of ids) await process.engine(ordering).submit(place, { id }, { caller: systemCaller })
    for (const id of ids) {
      await eventually(`${id} is shipped`, async () => {
        const { isShipped, mails } = await process.state(ordering, Order, id)
        return isShipped && mails > 0
      })
    }
    for (const id of ids) {
      assert.equal((await process.state(ordering, Order, id)).mails, 1)
      assert.deepEqual(await process.engine(ordering).read.row(Counts, id), { id, placed: 1 })
    }
  },

  'however many projections throw, a batch is decided a few times only': async (world) => {
    const { suffix } = world
    const told = teller(suffix)
    let folds = 0
    const Seen = entity('seen', { count: 0 }).evolve(told.Said, ({ count }) => {
      folds += 1
      return { count: count + 1 }
    })
    const Broken = view('broken', { key: 'id', row: Type.Object({ id: Type.String() }) }).on(
      told.Said,
      () => {
        throw new Error('a bug in the projection')
      },
    )
    const seeing = service(`seeing-${suffix}`, {
      entities: [Seen],
      views: [Broken],
      handlers: [on(told.Said).at(Seen, 'id').observe()],
    })
    const it = system(`seeing-${suffix}`, [told.telling, seeing])
    const first = await world.run(it, {}, [told.telling])
    await Promise.all(many(300, (n) => told.tell(first, `k${n}`)))
    const process = await world.run(it, {}, [seeing])
    await eventually(
      'all are set aside',
      () => new Set(process.reports.parked.map(({ parked }) => parked.event.key)).size === 300,
    )
    const tries = process.reports.parked.length
    assert.ok(folds <= 3 * tries, `${folds} folds for ${tries} attempts`)
    assert.equal(process.reports.parked[0]!.parked.error!.message, 'a bug in the projection')
  },

  'an answer that is kept for long is given again, and one that need not be is not in the way': async (
    world,
  ) => {
    const { suffix } = world
    const Counted = answerEvent('Counted', suffix)
    const Counter = entity('counter', { count: 0 }).evolve(Counted, ({ count }) => ({ count: count + 1 }))
    const count = command('count', {
      input: Type.Object({ id: Type.String() }),
      output: Type.Object({ count: Type.Integer() }),
      at: Counter,
      id: ({ id }) => id,
      emits: [Counted],
      decide: (_, { id }) => Counted({ id, n: 0 }),
      reply: (state) => ({ count: state.count }),
    })
    const counting = service(`counting-${suffix}`, { entities: [Counter], commands: [count] })
    const process = await world.run(system(`counting-${suffix}`, [counting]))
    const send = (slot: string, keepMs?: number) =>
      process.engine(counting).submit(
        count,
        { id: 'a' },
        {
          caller: systemCaller,
          idempotency: { slot, fingerprint: 'f', ...(keepMs !== undefined && { keepMs }) },
        },
      )
    const replies = [
      await send('one', 60_000),
      await send('one', 60_000),
      await send('two'),
      await send('two'),
    ]
    assert.deepEqual(
      replies.map((answer) => !answer.refused && [answer.reply, answer.replayed]),
      [
        [{ count: 1 }, false],
        [{ count: 1 }, true],
        [{ count: 2 }, false],
        [{ count: 2 }, true],
      ],
    )
  },
})
