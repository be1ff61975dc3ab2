import assert from 'node:assert/strict'
import { type Codec, WaybillError } from '@waybill/core'
import { checkingCodec } from '../../simulation/checking-codec.ts'
import { many } from '../store/fixtures.ts'
import { eventually, pause } from '../waiting.ts'
import { group } from './group.ts'
import { assertPaidOnce } from './once.ts'

/** Reads only what it has learned, and learns nothing while the registry is away. */
function learner(codec: Codec): Codec & { away: boolean } {
  const learned = new Set<string>()
  const textOf = (payload: Uint8Array): string => Buffer.from(payload).toString('latin1')
  return {
    away: false,
    encode: codec.encode,
    decode(event, payload) {
      if (!learned.has(textOf(payload))) throw new WaybillError('PAYLOAD_UNREADABLE', 'It was not learned.')
      return codec.decode(event, payload)
    },
    async learn(payloads) {
      await pause(1)
      if (this.away) throw new WaybillError('REGISTRY_UNAVAILABLE', 'It is away.')
      for (const payload of payloads) learned.add(textOf(payload))
    },
  }
}

export const learning = group('failures', {
  'what cannot be read yet waits until it can, and nothing is lost': async (world) => {
    const codec = learner(checkingCodec)
    const process = await world.start({ codec })
    codec.away = true
    const ids = many(10, world.newId)
    for (const id of ids) await process.place(id)
    await eventually('it is waited for', () =>
      process.reports.retried.some(
        ({ cause }) => cause instanceof WaybillError && cause.code === 'REGISTRY_UNAVAILABLE',
      ),
    )
    for (const id of ids) assert.equal((await process.order(id)).status, 'PLACED')
    await assert.rejects(process.read(world.flow.services.order).history(world.flow.Order, ids[0]!), {
      code: 'REGISTRY_UNAVAILABLE',
    })
    codec.away = false
    await assertPaidOnce(world, process, ids)
    assert.deepEqual(process.reports.parked, [])
    const history = await process.read(world.flow.services.order).history(world.flow.Order, ids[0]!)
    assert.equal(history.at(-1)!.state.status, 'PAID')
  },

  'what another process left behind is learned before it is read': async (world) => {
    world.flow.controls.overdueMs = 200
    world.flow.controls.chargeLimits = { attempt: { seconds: 1 } }
    world.flow.controls.charge = () => new Promise<string>(() => {})
    const first = await world.start()
    const ids = many(3, world.newId)
    for (const id of ids) await first.place(id)
    await first.stop()
    const second = await world.start({ codec: learner(checkingCodec) })
    await second.settled(...ids)
    for (const id of ids) assert.equal((await second.order(id)).status, 'CANCELLED')
  },
})
