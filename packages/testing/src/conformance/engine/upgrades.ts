import assert from 'node:assert/strict'
import { type Codec, command, entity, event, on, service, system, systemCaller } from '@waybill/core'
import Type from 'typebox'
import { checkingCodec } from '../../simulation/checking-codec.ts'
import { eventually } from '../waiting.ts'
import { group } from './group.ts'
import type { World } from './world.ts'

const data = Type.Object({ id: Type.String() })

/** A system in two versions: the newer one has one more event. @param topic of that event */
function versions({ suffix }: World, topic: 'orders' | 'gifts') {
  const make = (isNew: boolean) => {
    const Placed = event('Placed', { topic: `orders-${suffix}`, key: 'id', data })
    const Gifted = event('Gifted', { topic: `${topic}-${suffix}`, key: 'id', data })
    const Sent = entity('sent', {})
    const GotPlaced = entity('got', { placed: 0, gifted: 0 }).evolve(Placed, (got) => ({
      ...got,
      placed: got.placed + 1,
    }))
    const Got = isNew ? GotPlaced.evolve(Gifted, (got) => ({ ...got, gifted: got.gifted + 1 })) : GotPlaced
    const send = (name: string, made: typeof Placed | typeof Gifted) =>
      command(name, {
        input: data,
        at: Sent,
        id: ({ id }) => id,
        emits: [made],
        decide: (_, input) => made(input),
      })
    const [place, gift] = [send('place', Placed), send('gift', Gifted)]
    const sending = service(`sending-${suffix}`, {
      entities: [Sent],
      commands: isNew || topic === 'gifts' ? [place, gift] : [place],
    })
    const getting = service(`getting-${suffix}`, {
      entities: [Got],
      handlers: [on(Placed).at(Got, 'id').observe(), ...(isNew ? [on(Gifted).at(Got, 'id').observe()] : [])],
    })
    return { place, gift, Got, sending, getting, system: system(`versions-${suffix}`, [sending, getting]) }
  }
  return { old: make(false), young: make(true) }
}

export const upgrades = group('upgrades', {
  'what an older version did not know waits for a newer one, and its key with it': async (world) => {
    const { old, young } = versions(world, 'orders')
    const producer = await world.run(young.system, {}, [young.sending])
    const oldConsumer = await world.run(old.system, {}, [old.getting])
    const send = (what: typeof young.gift, id: string) =>
      producer.engine(young.sending).submit(what, { id }, { caller: systemCaller })
    await send(young.gift, 'a')
    await send(young.place, 'a')
    await send(young.place, 'b')
    const store = await world.look(old.getting, old.system)
    await eventually('both are set aside', async () => (await store.parked(10)).length === 2)
    const [unknown] = await store.parked(1)
    assert.deepEqual([unknown!.error!.code, unknown!.nextAt], ['UNKNOWN_EVENT', undefined])
    await eventually(
      'another key goes on',
      async () => (await oldConsumer.state(old.getting, old.Got, 'b')).placed === 1,
    )
    assert.equal((await oldConsumer.state(old.getting, old.Got, 'a')).placed, 0)
    await oldConsumer.stop()

    const newConsumer = await world.run(young.system, {}, [young.getting])
    await send(young.place, 'a')
    await eventually(
      'all has come',
      async () => (await newConsumer.state(young.getting, young.Got, 'a')).placed === 2,
    )
    assert.deepEqual(await newConsumer.state(young.getting, young.Got, 'a'), { placed: 2, gifted: 1 })
    assert.deepEqual(await store.parked(10), [])
  },

  'what only claims to be of a newer version waits as well, and holds up nothing': async (world) => {
    const { old, young } = versions(world, 'orders')
    const producer = await world.run(young.system, {}, [young.sending])
    const codec: Codec = { ...checkingCodec, isNewer: (_payload, type) => type === 'Placed' }
    const oldConsumer = await world.run(old.system, { codec }, [old.getting])
    for (const what of [young.gift, young.place]) {
      await producer.engine(young.sending).submit(what, { id: 'a' }, { caller: systemCaller })
    }
    await eventually(
      'its key goes on',
      async () => (await oldConsumer.state(old.getting, old.Got, 'a')).placed === 1,
    )
    await oldConsumer.stop()

    const newConsumer = await world.run(young.system, {}, [young.getting])
    await eventually(
      'it is taken up by who declares it',
      async () => (await newConsumer.state(young.getting, young.Got, 'a')).gifted === 1,
    )
    assert.deepEqual(await newConsumer.state(young.getting, young.Got, 'a'), { placed: 1, gifted: 1 })
  },

  'a topic that a service begins to read is read from its beginning': async (world) => {
    const { old, young } = versions(world, 'gifts')
    const first = await world.run(old.system)
    for (let n = 0; n < 10; n += 1) {
      for (const what of [old.place, old.gift]) {
        await first.engine(old.sending).submit(what, { id: 'a' }, { caller: systemCaller })
      }
    }
    await eventually(
      'what it reads has come',
      async () => (await first.state(old.getting, old.Got, 'a')).placed === 10,
    )
    await first.stop()

    const second = await world.run(young.system)
    for (const what of [young.place, young.gift]) {
      await second.engine(young.sending).submit(what, { id: 'a' }, { caller: systemCaller })
    }
    await eventually('all has come', async () => {
      const { placed, gifted } = await second.state(young.getting, young.Got, 'a')
      return placed >= 11 && gifted >= 11
    })
    assert.deepEqual(await second.state(young.getting, young.Got, 'a'), { placed: 11, gifted: 11 })
  },
})
