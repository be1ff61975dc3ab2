import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  command,
  createEngine,
  entity,
  event,
  memoryStore,
  service,
  storeLog,
  system,
  systemCaller,
} from '@waybill/core'
import { realClock, seededIds } from '@waybill/testing'
import Type from 'typebox'
import { createAvroCodec } from './codec.ts'
import { createEmbeddedRegistry } from './registry/embedded.ts'
import { prepare } from './registry/prepare.ts'

test('a state is folded from what is written, and not from what it was made of', async () => {
  const Joined = event('Joined', {
    topic: 'joined',
    key: 'id',
    data: Type.Object({
      id: Type.String(),
      level: Type.Integer({ default: 7 }),
      home: Type.Object({ city: Type.String() }),
    }),
  })
  const Member = entity<object>('member', {}).evolve(Joined, (state, data) => ({ ...state, ...data }))
  const join = command('join', {
    input: Type.Object({ id: Type.String() }),
    at: Member,
    id: ({ id }) => id,
    emits: [Joined],
    decide: (_, { id }) => Joined({ id, vip: true, home: { city: 'Seoul', floor: 3 } } as never),
  })
  const members = service('members', { entities: [Member], commands: [join] })
  const club = system('club', [members])
  const store = memoryStore(members.name)
  await store.open(members)
  const engine = createEngine({
    system: club,
    service: members,
    store,
    log: storeLog({ stores: new Map([[members.name, store]]), clock: realClock, system: club }),
    codec: createAvroCodec(club, await prepare(club, createEmbeddedRegistry())),
    clock: realClock,
    ids: seededIds(realClock, 1),
    ask: () => Promise.reject(new Error('nobody is asked')),
  })
  await engine.start()
  try {
    await engine.submit(join, { id: 'ann' }, { caller: systemCaller })
    const now = await engine.read.entity(Member, 'ann')
    assert.deepEqual(now, { id: 'ann', level: 7, home: { city: 'Seoul' } })
    const [recorded] = await engine.read.history(Member, 'ann')
    assert.deepEqual(recorded!.state, now)
  } finally {
    await engine.stop()
  }
})
