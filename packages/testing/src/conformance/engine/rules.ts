import assert from 'node:assert/strict'
import { command, entity, hasCode, on, service, system, systemCaller, view } from '@waybill/core'
import Type from 'typebox'
import { eventually } from '../waiting.ts'
import { group } from './group.ts'
import { answerEvent, teller, type Thing } from './small.ts'
import type { World } from './world.ts'

/** What a rule gives where types have been talked out of what they know. */
const nothings: readonly unknown[] = [undefined, null, NaN, { id: 'a' }, [undefined], Promise.resolve('a')]

/** A system whose second service answers what it hears with whatever `answers` gives. */
function answering({ suffix }: World, answers: readonly (() => unknown)[]) {
  const told = teller(suffix)
  const Answered = answerEvent('Answered', suffix)
  const Undeclared = answerEvent('Undeclared', suffix)
  const Answer = entity('answer', { count: 0 }).evolve(Answered, ({ count }) => ({ count: count + 1 }))
  const answerer = service(`answerer-${suffix}`, {
    entities: [Answer],
    handlers: [
      on(told.Said)
        .at(Answer, 'id')
        .emits(Answered)
        .decide(
          (_, { id, n }) => (n < 0 ? Answered({ id, n }) : answers[n]!()) as ReturnType<typeof Answered>,
        ),
    ],
  })
  const whole = system(`answering-${suffix}`, [told.telling, answerer])
  return { ...told, Answered, Undeclared, Answer, answerer, system: whole }
}

export const rules = group('rules', {
  'what names nothing is set aside with its event, and makes no key of its own': async (world) => {
    const { suffix } = world
    const told = teller(suffix)
    const Put = answerEvent('Put', suffix)
    const Shelf = entity('shelf', { count: 0 }).evolve(Put, ({ count }) => ({ count: count + 1 }))
    const named = ({ id, n }: Thing): string => (n === 0 ? id : (nothings[n - 1] as string))
    const Row = Type.Object({ id: Type.String() })
    const Seen = view('seen', { key: 'id', row: Row }).on(told.Said, named, (_row, _data, _meta, key) => ({
      id: key,
    }))
    const shelves = service(`shelves-${suffix}`, {
      entities: [Shelf],
      handlers: [
        on(told.Said)
          .at(Shelf, named)
          .emits(Put)
          .decide((_, thing) => Put(thing)),
      ],
    })
    const seeing = service(`seeing-${suffix}`, { views: [Seen] })
    const whole = system(`naming-${suffix}`, [told.telling, shelves, seeing])
    const process = await world.run(whole)
    for (let n = 1; n <= nothings.length; n += 1) await told.tell(process, `n${n}`, n)
    await told.tell(process, 'good')
    await eventually('good has come', async () => (await process.state(shelves, Shelf, 'good')).count === 1)
    for (const key of ['undefined', 'null', 'NaN', '[object Object]', '[object Promise]', '']) {
      assert.deepEqual(await process.state(shelves, Shelf, key), { count: 0 })
      assert.equal(await process.engine(seeing).read.row(Seen, key), undefined)
    }
    for (const reader of [shelves, seeing]) {
      const store = await world.look(reader, whole)
      await eventually(
        'the others are set aside',
        async () => (await store.parked(20)).length === nothings.length,
      )
      for (const { error } of await store.parked(20)) {
        assert.equal(error!.code, 'KEY_INVALID')
        assert.match(
          error!.message,
          /(?:shelf|the view seen) that Said names.* it takes a string or an integer/,
        )
      }
    }
    process.assertNoCrash()
  },

  'a command that names nothing is refused, and so is an event whose key is missing': async (world) => {
    const { suffix } = world
    const { Said } = teller(suffix)
    const Box = entity('box', { count: 0 }).evolve(Said, ({ count }) => ({ count: count + 1 }))
    const put = command('put', {
      input: Type.Object({ at: Type.Optional(Type.String()), id: Type.Optional(Type.String()) }),
      at: Box,
      id: ({ at }) => at!,
      emits: [Said],
      decide: (_, { id }) => Said({ id: id!, n: 1 }),
    })
    const boxes = service(`boxes-${suffix}`, { entities: [Box], commands: [put] })
    const process = await world.run(system(`boxes-${suffix}`, [boxes]))
    const send = (input: { at?: string; id?: string }) =>
      process.engine(boxes).submit(put, input, { caller: systemCaller })
    await assert.rejects(send({ id: 'a' }), {
      code: 'KEY_INVALID',
      message: 'The id that the command put names is undefined; it takes a string or an integer.',
    })
    // The codec may be the first to see that the field is missing.
    await assert.rejects(send({ at: 'a' }), (error) =>
      ['KEY_INVALID', 'PAYLOAD_INVALID'].some((code) => hasCode(error, code as 'KEY_INVALID')),
    )
    assert.ok(await send({ at: 'a', id: 'b' }))
    assert.deepEqual(await process.state(boxes, Box, 'a'), { count: 1 })
  },

  'a decide that gives a Promise, or no event of those it declares, is set aside alone': async (world) => {
    const it: ReturnType<typeof answering> = answering(world, [
      async () => undefined,
      async () => {
        throw new Error('too late')
      },
      () => 'Answered',
      () => ({ id: 'a', n: 3 }),
      () => it.Undeclared({ id: 'a', n: 4 }),
    ])
    const process = await world.run(it.system)
    for (const n of [0, 1, 2, 3, 4]) await it.tell(process, `n${n}`, n)
    await it.tell(process, 'good', -1)
    await eventually(
      'good has come',
      async () => (await process.state(it.answerer, it.Answer, 'good')).count === 1,
    )
    const store = await world.look(it.answerer, it.system)
    await eventually('the others are set aside', async () => (await store.parked(10)).length === 5)
    const parked = await store.parked(10)
    const expected: Record<string, RegExp> = {
      n0: /The decide of the handler on Said returned a Promise: it must not be async/,
      n1: /The decide of the handler on Said returned a Promise: it must not be async/,
      n2: /The decide of the handler on Said returned "Answered", which is no event/,
      n3: /The decide of the handler on Said returned \{"id":"a","n":3\}, which is no event/,
      n4: /The decide of the handler on Said returned Undeclared, which emits\(…\) does not declare/,
    }
    for (const { event, error } of parked) {
      assert.equal(error!.code, 'DECIDE_FAILED')
      assert.match(error!.message, expected[event.key]!)
    }
    process.assertNoCrash()
  },
})
