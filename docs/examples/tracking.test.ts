import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { call, startTestHost, type TestHost } from '@waybill/cli/testing'
import { refuse } from '@waybill/core'
import { given, givenView, story } from '@waybill/testing'
import application, {
  Depots,
  Journey,
  listParcels,
  Parcels,
  ParcelSent,
  post,
  send,
  ShipmentLost,
} from './tracking.ts'

const parcelId = 'parcel-1'
const row = { parcelId, sender: 'u1', depot: 'Seoul' }
const sent = ParcelSent({ ...row, postage: 3_100 })

// #region view
test('a parcel of a lost shipment is lost, one that nobody sent stays unknown', () => {
  givenView(Parcels)
    .on(sent)
    .on(ShipmentLost({ shipmentId: 's1', parcelIds: [parcelId, 'parcel-2'] }))
    .thenRows({ ...row, status: 'lost' })
})
// #endregion

test('a depot has a row of its own', () => {
  const second = ParcelSent({ ...row, parcelId: 'parcel-2', postage: 3_100 })
  givenView(Depots).on(sent).on(second).thenRows({ depot: 'Seoul', parcels: 2 })
})

// #region gathered
test('what the tariff says goes into the event, and its refusal is the answer', () => {
  const parcel = { depot: 'Seoul', grams: 50 }
  const { sender } = given()
    .when(send, parcel, { gathered: { postage: 3_100 } })
    .state(Journey)
  assert.notEqual(sender, '')
  const tooHeavy = refuse('TOO_HEAVY', 'A parcel weighs at most 20 kg.', { pointer: '/grams' })
  given().when(send, parcel, { gathered: tooHeavy }).thenRefused('TOO_HEAVY', { pointer: '/grams' })
})
// #endregion

// #region pages
test('a sender reads their parcels in pages, newest first', async () => {
  const run = await story(post)
  const caller = { userId: 'u1', roles: ['user'] }
  for (const depot of ['Seoul', 'Busan', 'Jeju']) await run.submit(send, { depot, grams: 50 }, { caller })
  await run.settle()
  const first: any = await run.ask(listParcels, { status: 'arrived', limit: 2 }, caller)
  assert.deepEqual(
    first.items.map(({ depot }: any) => depot),
    ['Jeju', 'Busan'],
  )
  const last: any = await run.ask(
    listParcels,
    { status: 'arrived', limit: 2, cursor: first.nextCursor },
    caller,
  )
  assert.deepEqual([last.items.length, last.nextCursor], [1, null])
  await run.end()
})
// #endregion

let host: TestHost
let token: string
before(async () => {
  host = await startTestHost(application)
  const json = { email: 'demo@example.com', password: 'demo-password' }
  token = (await call(host.address, 'POST /api/auth/login', { json })).body.accessToken
})
after(() => host.stop())

// #region wait
test('who prefers to wait is answered when the parcel has arrived', async () => {
  const { status, headers, body } = await call(host.address, 'POST /api/parcels', {
    token,
    json: { depot: 'Seoul', grams: 50 },
    headers: { prefer: 'wait=10' },
  })
  assert.equal(status, 201)
  assert.equal(body.status, 'arrived')
  assert.equal(headers.get('location'), `/api/parcels/${body.parcelId}`)
  assert.equal(headers.get('preference-applied'), 'wait')
})
// #endregion

// #region repeat
test('a repeated request is answered as the first time', async () => {
  const json = { depot: 'Busan', grams: 50 }
  const headers = { 'idempotency-key': 'parcel for Busan' }
  const first = await call(host.address, 'POST /api/parcels', { token, json, headers })
  const again = await call(host.address, 'POST /api/parcels', { token, json, headers })
  assert.deepEqual(again.body, first.body)
  assert.equal(again.headers.get('idempotency-replayed'), 'true')
  const other = { ...json, grams: 60 }
  const reused = await call(host.address, 'POST /api/parcels', { token, json: other, headers })
  assert.deepEqual([reused.status, reused.body.code], [422, 'IDEMPOTENCY_KEY_REUSED'])
})
// #endregion

// #region refused
test('a refusal is a problem that names the field', async () => {
  const send = async (json: unknown) => {
    const { status, body } = await call(host.address, 'POST /api/parcels', { token, json })
    return [status, body.code, body.errors[0].pointer]
  }
  assert.deepEqual(await send({ depot: '', grams: 50 }), [422, 'INPUT_INVALID', '/depot'])
  assert.deepEqual(await send({ depot: 'Jeju', grams: 30_000 }), [422, 'TOO_HEAVY', '/grams'])
})
// #endregion

// #region access
test('only those with the role may, and only on what is theirs', async () => {
  const status = async (request: string, how: { token?: string; json?: unknown }) =>
    (await call(host.address, request, how)).status
  assert.equal(await status('GET /api/parcels', {}), 401)
  const json = { parcelIds: ['parcel-1'] }
  assert.equal(await status('PUT /api/shipments/s1/loss', { token, json }), 403)
  assert.equal(await status('GET /api/parcels/of-somebody-else', { token }), 404)
})
// #endregion

test('the list is that of the view, by status, in pages', async () => {
  const list = async (query: string) =>
    (await call(host.address, `GET /api/parcels?${query}`, { token })).body
  const { items, nextCursor } = await list('limit=1')
  assert.deepEqual([items.length, typeof nextCursor], [1, 'string'])
  assert.deepEqual((await list('status=lost')).items, [])
})
