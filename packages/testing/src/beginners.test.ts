import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import {
  command,
  type Emitted,
  entity,
  event,
  on,
  query,
  refuse,
  service,
  type ServiceDef,
  system,
  view,
} from '@waybill/core'
import { given, givenView, story } from '@waybill/testing'
import Type from 'typebox'

/*
 * What people do wrong on their first day, and what they are told. None of it compiles; here the types are talked out of
 * what they know, as a cast, an `any` or a JavaScript file does it.
 */

const Parcel = Type.Object({
  parcelId: Type.String(),
  depot: Type.String(),
  note: Type.Optional(Type.String()),
})
const Sent = event('Sent', { topic: 'sent', key: 'parcelId', data: Parcel })
const Stored = event('Stored', { topic: 'stored', key: 'parcelId', data: Parcel })
const Lost = event('Lost', { topic: 'lost', key: 'parcelId', data: Parcel })
const Journey = entity('journey', { sent: false }).evolve(Sent, () => ({ sent: true }))
const Shelf = entity('shelf', { free: 2 }).evolve(Stored, ({ free }) => ({ free: free - 1 }))
const parcel = { parcelId: 'p1', depot: 'Seoul' }

type Wrong = Emitted<any>

/** A counter that sends parcels, by the rule at hand. */
function counter(decide: (state: { sent: boolean }) => unknown, more: Partial<ServiceDef> = {}) {
  const send = command('send', {
    input: Parcel,
    at: Journey,
    id: ({ parcelId }) => parcelId,
    emits: [Sent],
    decide: (state) => decide(state) as Wrong,
  })
  return { send, service: service('counter', { entities: [Journey], commands: [send], ...more }) }
}

/** A depot that stores what was sent, by the rule at hand. */
function depot(decide: () => unknown, at: unknown = 'depot') {
  return on(Sent)
    .at(Shelf, at as 'depot')
    .emits(Stored)
    .decide(() => decide() as Wrong)
}

/** What the sender of a command gets. */
async function sending(decide: () => unknown): Promise<void> {
  const { send, service: only } = counter(decide)
  const post = await story(system('post', [only]))
  try {
    await post.submit(send, parcel)
  } finally {
    await post.end()
  }
}

/** What is said of an event that was set aside. */
async function parked(handler: ReturnType<typeof depot>): Promise<string> {
  const { send, service: first } = counter(() => Sent(parcel))
  const post = await story(
    system('post', [first, service('depot', { entities: [Shelf], handlers: [handler] })]),
  )
  await post.submit(send, parcel)
  await post.settle()
  const [one] = await post.parked()
  await post.end()
  return one!.message
}

describe("beginners' mistakes", () => {
  test('1. a decide that is async', async () => {
    const message = (what: string) =>
      `The decide of the ${what} returned a Promise: it must not be async. What has to be waited for belongs into an effect.`
    await assert.rejects(
      sending(async () => Sent(parcel)),
      { code: 'DECIDE_FAILED', message: message('command send') },
    )
    const handler = depot(async () => Stored(parcel))
    assert.equal(await parked(handler), message('handler on Sent'))
    assert.throws(() => given(Shelf).when(handler, Sent(parcel)), { message: message('handler on Sent') })
  })

  test('2. an evolve, a reply, a projection or an id that is async', async () => {
    const late = async (): Promise<never> => {
      throw new Error('nobody waits for this')
    }
    const Slow = entity('slow', { sent: false }).evolve(Sent, late as () => never)
    const slow = command('slow', {
      input: Parcel,
      at: Slow,
      id: ({ parcelId }) => (parcelId === 'late' ? (late() as never) : parcelId),
      emits: [Sent],
      decide: (_, { note }) => (note === undefined ? undefined : Sent(parcel)),
      reply: late,
    })
    assert.throws(() => given().when(slow, { ...parcel, note: 'x' }), {
      code: 'DECIDE_FAILED',
      message: /^The evolve of slow by Sent returned a Promise: it must not be async/,
    })
    assert.throws(() => given().when(slow, parcel).thenReplies({}), {
      message: /^The reply of the command slow returned a Promise: it must not be async/,
    })
    assert.throws(() => given().when(slow, { ...parcel, parcelId: 'late' }), {
      code: 'KEY_INVALID',
      message: 'The id that the command slow names is a Promise; it takes a string or an integer.',
    })
    const Rows = view('rows', { key: 'parcelId', row: Parcel }).on(Sent, late as () => never)
    assert.throws(() => givenView(Rows).on(Sent(parcel)), {
      message: /^The view rows on Sent returned a Promise: it must not be async/,
    })
  })

  test('3. a decide that returns what is no event', async () => {
    const message = (shown: string) =>
      `The decide of the command send returned ${shown}, which is no event. Return an event, as Sent(…) makes it, or a list of them.`
    await assert.rejects(
      sending(() => 'Sent'),
      { code: 'DECIDE_FAILED', message: message('"Sent"') },
    )
    await assert.rejects(
      sending(() => [{ type: 'Sent' }]),
      { message: message('{"type":"Sent"}') },
    )
    await assert.rejects(
      sending(() => Sent),
      { message: message('the definition Sent') },
    )
    await assert.rejects(
      sending(() => null),
      { message: message('null') },
    )
  })

  test('4. an event that emits does not name, and a refusal from a handler', async () => {
    await assert.rejects(
      sending(() => Lost(parcel)),
      {
        code: 'DECIDE_FAILED',
        message: 'The decide of the command send returned Lost, which emits(…) does not declare.',
      },
    )
    assert.equal(
      await parked(depot(() => refuse('FULL', 'No room.'))),
      'The decide of the handler on Sent returned a refusal. A command returns it alone, not in a list; a handler says no with an event.',
    )
  })

  test('5. an evolve that changes the state in place', () => {
    const Place = entity('shelf', { free: 2 }).evolve(Stored, (state) => {
      state.free -= 1
      return state
    })
    const store = on(Sent)
      .at(Place, 'depot')
      .emits(Stored)
      .decide((_, data) => Stored(data))
    assert.throws(() => given(Place).when(store, Sent(parcel)), {
      code: 'DECIDE_FAILED',
      message:
        /^The evolve of shelf by Stored failed: Cannot assign to read only property 'free' .* An evolve returns a new state and leaves the old one as it is\.$/,
    })
  })

  test('6. an id that may be missing', async () => {
    const post = (at: string) =>
      system('post', [
        counter(() => undefined).service,
        service('depot', { entities: [Shelf], handlers: [depot(() => undefined, at)] }),
      ])
    assert.throws(() => post('note'), {
      code: 'SYSTEM_INVALID',
      message: /handler on Sent, at shelf: Sent\.note is optional; a key takes a required string or integer/,
    })
    assert.equal(
      await parked(
        depot(
          () => undefined,
          ({ note }: { note?: string }) => note,
        ),
      ),
      'The id of shelf that Sent names is undefined; it takes a string or an integer.',
    )
  })

  test('7. a field that is misspelt', () => {
    const post = () =>
      system('post', [
        counter(() => undefined).service,
        service('depot', { entities: [Shelf], handlers: [depot(() => undefined, 'depott')] }),
      ])
    assert.throws(post, {
      code: 'SYSTEM_INVALID',
      message: /Sent has no field depott; did you mean depot\? its fields are parcelId, depot, note/,
    })
  })

  test('8. a route whose parameter is no field of the input', () => {
    const find = query('find', {
      http: 'GET /parcels/{id}',
      input: Type.Object({ parcelId: Type.String() }),
      output: Parcel,
      answer: async () => parcel,
    })
    assert.throws(() => system('post', [counter(() => undefined, { queries: [find] }).service]), {
      code: 'SYSTEM_INVALID',
      message:
        /route GET \/parcels\/\{id\}: the input of counter\.find has no field id; its fields are parcelId/,
    })
  })

  test('9. a payload that no schema on the wire can express', () => {
    const Weighed = event('Weighed', {
      topic: 'weighed',
      key: 'parcelId',
      data: Type.Object({ parcelId: Type.String(), size: Type.Tuple([Type.Integer(), Type.Integer()]) }),
    })
    const weigh = on(Sent)
      .emits(Weighed)
      .decide(() => undefined)
    assert.throws(
      () => system('post', [counter(() => undefined).service, service('scales', { handlers: [weigh] })]),
      {
        code: 'SYSTEM_INVALID',
        message: /event Weighed, field size: a tuple; use an object, or an array of one type/,
      },
    )
  })

  test('10. a look-up by a field that has no index, or is none', async () => {
    const Parcels = view('parcels', { key: 'parcelId', row: Parcel }).on(Sent, (_, data) => data)
    const { send, service: only } = counter(() => Sent(parcel), { views: [Parcels] })
    const post = await story(system('post', [only]))
    await post.submit(send, parcel)
    const read = post.read('counter')
    await assert.rejects(read.rows(Parcels, { where: { depot: 'Seoul' } }), {
      code: 'LOOKUP_UNDECLARED',
      message: 'The view parcels has no index of just depot: add ["depot"] to its indexes.',
    })
    await assert.rejects(read.rows(Parcels, { where: { depott: 'Seoul' } as unknown as { depot: string } }), {
      code: 'LOOKUP_UNDECLARED',
      message:
        'The row of parcels has no field depott; did you mean depot? its fields are parcelId, depot, note.',
    })
    await post.end()
  })
})
