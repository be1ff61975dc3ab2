import assert from 'node:assert/strict'
import { systemCaller } from '@waybill/core'
import { pause } from '../waiting.ts'
import { group } from './group.ts'

export const past = group('past', {
  'every past state of an entity can be rebuilt, by position and by time': async ({ flow, start }) => {
    const process = await start()
    const engine = process.engine(flow.services.stock)
    for (const quantity of [1, 2, 3, 4]) {
      await engine.submit(flow.commands.restock, { product: 'q', quantity }, { caller: systemCaller })
      await pause(5)
    }
    const history = await engine.read.history(flow.Stock, 'q')
    assert.deepEqual(
      history.map(({ state, data }) => [state.onHand, data]),
      [1, 3, 6, 10].map((onHand, n) => [onHand, { product: 'q', quantity: n + 1 }]),
    )
    for (const { position, at, state } of history) {
      assert.deepEqual(await engine.read.entityAt(flow.Stock, 'q', { position }), state)
      assert.deepEqual(await engine.read.entityAt(flow.Stock, 'q', { time: at }), state)
    }
    const { position, at } = history[0]!
    for (const moment of [{ position: position - 1 }, { time: new Date(at.getTime() - 1) }]) {
      assert.deepEqual(await engine.read.entityAt(flow.Stock, 'q', moment), flow.Stock.initial)
    }
    assert.deepEqual(await engine.read.entity(flow.Stock, 'q'), history.at(-1)!.state)
  },

  'an entity is the sum of its history, also of what it has observed': async ({ flow, start, newId }) => {
    const process = await start()
    const id = newId()
    await process.place(id)
    await process.settled(id)
    const read = process.read(flow.services.order)
    const history = await read.history(flow.Order, id)
    assert.deepEqual(history.at(-1)!.state, await read.entity(flow.Order, id))
    assert.deepEqual(
      history.map(({ type }) => type),
      history.at(-1)!.state.seen,
    )
  },
})
