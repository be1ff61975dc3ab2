import assert from 'node:assert/strict'
import { systemCaller } from '@waybill/core'
import { many } from '../store/fixtures.ts'
import { eventually } from '../waiting.ts'
import { group } from './group.ts'

export const commands = group('commands', {
  'a command begins a flow that goes through all services to its end': async ({ flow, start, newId }) => {
    const { read, ...process } = await start()
    const id = newId()
    const answer = await process.place(id)
    assert.ok(!answer.refused)
    assert.deepEqual([answer.id, answer.reply, answer.settled], [id, { id, status: 'PLACED' }, false])
    await process.settled(id)
    assert.deepEqual(await process.order(id), {
      status: 'PAID',
      seen: ['Placed', 'Welcomed', 'Reserved', 'Paid'],
    })
    assert.deepEqual((await read(flow.services.stock).entity(flow.Stock, 'p')).takenBy, [id])
    const row = { orderId: id, status: 'Paid', changes: 2 }
    assert.deepEqual(await read(flow.services.order).row(flow.Orders, id), row)
    assert.deepEqual(await read(flow.services.order).rows(flow.Orders, { where: { status: 'Paid' } }), {
      items: [row],
      nextCursor: null,
    })
  },

  'the events of a flow have its correlation id, and each names its cause': async ({
    flow,
    start,
    look,
    newId,
  }) => {
    const process = await start()
    const [id, correlationId] = [newId(), newId()]
    await process.place(id, { correlationId })
    await process.settled(id)
    const types = new Map<string, string>()
    const causes: string[] = []
    for (const service of [flow.services.order, flow.services.stock, flow.services.pay]) {
      for (const found of await (await look(service)).correlated(correlationId, 100))
        types.set(found.id, found.type)
    }
    for (const service of [flow.services.order, flow.services.stock, flow.services.pay]) {
      const own = (await (await look(service)).correlated(correlationId, 100)).filter(
        (one) => one.topic !== undefined,
      )
      causes.push(...own.map((one) => `${types.get(one.causationId!) ?? 'command'} > ${one.type}`))
    }
    assert.deepEqual(causes, ['command > Placed', 'Placed > Reserved', 'Reserved > Paid'])
  },

  'a refusal changes nothing': async ({ flow, start, look, newId }) => {
    const process = await start()
    const id = newId()
    await process.place(id)
    await process.settled(id)
    const before = await (await look(flow.services.order)).history(`order/${id}`)
    const refusal = await process.place(id)
    assert.ok(refusal.refused && refusal.code === 'ORDER_EXISTS')
    assert.deepEqual(await (await look(flow.services.order)).history(`order/${id}`), before)
  },

  'commands that come together share a commit': async ({ start, newId, ...world }) => {
    const process = await start()
    const ids = many(200, newId)
    await Promise.all(ids.map((id) => process.place(id)))
    const own = process.reports.batches.filter(({ service }) => service === world.flow.services.order.name)
    assert.ok(
      own.some(({ commands: count }) => count >= 100),
      'a batch has most of them',
    )
    assert.ok(own.filter(({ commands: count }) => count > 0).length <= 10)
    await process.settled(...ids)
  },

  'more commands than fit into a batch are all answered': async ({ start }) => {
    const process = await start()
    const answers = await Promise.all(many(2_500, (n) => process.note(`k${n % 100}`, n)))
    assert.equal(answers.length, 2_500)
    assert.ok(process.reports.batches.every((batch) => batch.commands + batch.messages <= 1_000))
  },

  'a command that throws fails alone': async ({ start }) => {
    const process = await start()
    const outcomes = await Promise.allSettled(
      many(20, (n) => process.note(`k${n % 4}`, n % 5 === 0 ? -1 : n)),
    )
    outcomes.forEach((outcome, n) => {
      assert.equal(outcome.status, n % 5 === 0 ? 'rejected' : 'fulfilled')
      if (outcome.status === 'rejected') assert.equal(outcome.reason.code, 'DECIDE_FAILED')
    })
    await eventually('the notes are read', async () => (await process.notesRead('k1')).length === 4)
    assert.deepEqual(await process.notesRead('k1'), [1, 9, 13, 17])
  },

  'a hot entity gives away exactly what it has': async ({ flow, start, look, newId }) => {
    const process = await start()
    await process
      .engine(flow.services.stock)
      .submit(flow.commands.restock, { product: 'hot', quantity: 100 }, { caller: systemCaller })
    const ids = many(300, newId)
    await Promise.all(ids.map((id) => process.place(id, { product: 'hot' })))
    await process.settled(...ids)
    const { onHand, takenBy } = await process.read(flow.services.stock).entity(flow.Stock, 'hot')
    assert.deepEqual([onHand, takenBy.length, new Set(takenBy).size], [0, 100, 100])
    const orders = await Promise.all(ids.map((id) => process.order(id)))
    assert.equal(orders.filter(({ status }) => status === 'PAID').length, 100)
    assert.equal(orders.filter(({ status }) => status === 'REFUSED').length, 200)
    const history = await (await look(flow.services.stock)).history('stock/hot')
    assert.equal(history.length, 101)
  },

  'a command may wait for the end of the flow that it has begun': async ({ start, newId }) => {
    const process = await start()
    const answer = await process.place(newId(), { waitMs: 10_000 })
    assert.ok(!answer.refused && answer.settled)
    assert.equal(answer.reply.status, 'PAID')
  },

  'who listens hears every event of the service once, in order, after its commit': async ({
    flow,
    start,
    newId,
  }) => {
    const process = await start()
    const heard: { position: number; type: string }[] = []
    const end = process.engine(flow.services.order).tail((events) => heard.push(...events))
    const ids = many(20, newId)
    await Promise.all(ids.map((id) => process.place(id)))
    await process.settled(...ids)
    end()
    assert.deepEqual(
      heard.map(({ position }) => position),
      many(heard.length, (n) => n + 1),
    )
    assert.equal(heard.filter(({ type }) => type === 'Paid').length, 20)
  },

  'a service that stops finishes what it has let in, and lets in nothing more': async ({ start, newId }) => {
    const process = await start()
    const ids = many(50, newId)
    const placed = Promise.all(ids.map((id) => process.place(id)))
    const stopped = process.stop()
    await assert.rejects(process.place(newId()), { code: 'STOPPING' })
    await placed
    await stopped
    const next = await start()
    await next.settled(...ids)
  },
})
