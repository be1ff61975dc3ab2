import assert from 'node:assert/strict'
import { after, describe, test } from 'node:test'
import { allItems, eventually } from '@waybill/cli/testing'
import { createSetup, skipWithoutKafka, skipWithoutPython, skipWithoutRegistry } from '@waybill/servers'
import { bookOf, ledgerAndBook, stockOf } from '../stories/books.ts'
import { listen, saying, ticketFor } from '../stories/listen.ts'
import { openShop } from '../stories/open-shop.ts'
import { cancel, end, orderOf, place } from '../stories/orders.ts'
import { count } from './count.ts'
import { foreignClients, requirements, type Writing } from './foreign-clients.ts'
import { startServers } from './servers.ts'

const patience = { withinMs: 60_000, everyMs: 250 }
const missing = [await skipWithoutKafka(), await skipWithoutRegistry(), await skipWithoutPython(requirements)]

describe(
  'Foreign clients',
  { skip: missing.find((what) => what !== false) ?? false, timeout: 300_000 },
  async () => {
    const setup = createSetup()
    after(setup.end)
    const variables = await startServers(setup, 'postgres', 'kafka', 'registry')
    const { WAYBILL_LOG: log = '', WAYBILL_REGISTRY: registry = '' } = variables
    const foreign = await foreignClients(log.replace('kafka://', ''), registry)
    const shop = setup.with(await openShop({ variables }), (opened) => opened.close())

    interface Topic {
      readonly name: string
      readonly events: readonly string[]
      readonly publishers: readonly string[]
      readonly subscribers: readonly string[]
    }
    const topics: readonly Topic[] = (await shop.console('GET /admin/systems')).body.items[0].topics
    const topicNames = topics.map(({ name }) => name)
    const historyOf = async (service: string, entity: string, id: string): Promise<string[]> => {
      const path = `/admin/systems/shop/services/${service}/entities/${entity}/${id}`
      return ((await shop.console(`GET ${path}`)).body.items ?? []).map(({ type }: any) => type)
    }

    /** All that the flows of these events have brought about, as the shop's own histories have it. */
    async function flowsOf(events: readonly { headers: Readonly<Record<string, string>> }[]): Promise<any[]> {
      const ids = new Set(events.map(({ headers }) => headers['ce_correlationid']))
      const answers = await Promise.all(
        [...ids].map((id) => shop.console(`GET /admin/systems/shop/flows/${id}`)),
      )
      return answers.flatMap(({ body }) => body.items)
    }

    /** An order as another shop publishes it that sells what we have: in the name of our service, whose type it is. */
    function foreignOrder(productId: number, userId: string) {
      const orderId = crypto.randomUUID()
      const price = { amount: 1_500, currency: 'KRW' }
      return {
        orderId,
        record: {
          topic: 'order-created',
          key: orderId,
          headers: {
            ce_specversion: '1.0',
            ce_id: crypto.randomUUID(),
            ce_type: 'OrderCreatedEvent',
            ce_source: '/waybill/shop/order',
            ce_time: new Date().toISOString(),
            'content-type': 'application/avro',
          },
          value: {
            orderId,
            userId,
            items: [{ productId, quantity: 2, price }],
            total: { ...price, amount: 3_000 },
            shippingAddress: '부산시 해운대구',
            paymentMethod: 'CREDIT_CARD',
            paymentToken: 'tok_ok',
          },
        },
      }
    }

    test('one reads every topic: all that the shop has published is there, and says what the shop says', async () => {
      for (const order of [orderOf(1, 2), orderOf(1, 999), orderOf(2, 1, 'tok_declined'), orderOf(2, 1)]) {
        await end(shop.demo, await place(shop.demo, order))
      }
      await cancel(shop.demo, await place(shop.demo, orderOf(1, 1)))
      await eventually(async () => {
        const records = await foreign.consume(topicNames)
        assert.deepEqual(new Set(records.map(({ topic }) => topic)), new Set(topicNames))
        const read = records.map(({ topic, key, headers, value }) => ({
          id: headers['ce_id'],
          type: headers['ce_type'],
          topic,
          key,
          subject: headers['ce_subject'] ?? null,
          correlationId: headers['ce_correlationid'],
          causationId: headers['ce_causationid'] ?? null,
          at: headers['ce_time'],
          // What is absent is null in Avro.
          data: Object.fromEntries(Object.entries(value).filter(([, field]) => field !== null)),
        }))
        const published = (await flowsOf(records)).filter(({ topic }) => topic !== null)
        const byId = (events: readonly any[]) => new Map(events.map((event) => [event.id, event]))
        const told = published.map(({ unreadable: _, service: __, observedBy: ___, ...event }) => event)
        assert.equal(read.length, told.length)
        assert.deepEqual(byId(read), byId(told))
      }, patience)
    })

    test('what one publishes a second time stands where ours stands, and has no second effect', async () => {
      const records = await foreign.consume(topicNames)
      const everything = async () => ({
        products: await allItems(shop.send, '/api/products'),
        orders: await allItems(shop.demo.send, '/api/orders'),
        books: await ledgerAndBook(shop),
        flows: await flowsOf(records),
      })
      const before = await everything()
      const handled = await count(shop, 'waybill_messages_total')
      const again = records.map(({ topic, key, headers, value }) => ({ topic, key, headers, value }))
      const places = await foreign.produce(again)
      assert.deepEqual(
        places.map(({ partition }) => partition),
        records.map(({ partition }) => partition),
      )
      const subscribers = records.flatMap(
        (record) => topics.find(({ name }) => name === record.topic)!.subscribers,
      )
      await eventually(
        async () => assert.ok((await count(shop, 'waybill_messages_total')) >= handled + subscribers.length),
        patience,
      )
      assert.deepEqual(await everything(), before)
    })

    test('an event that one publishes is handled as our own is, and the same one twice has one effect', async () => {
      const customer = await shop.signUp()
      const productId = await shop.stock(10)
      const { orderId, record } = foreignOrder(productId, customer.userId)
      await foreign.produce([record, record])
      await foreign.produce([record])
      await eventually(async () => assert.deepEqual(await stockOf(shop, productId), [8, 0, 2]), patience)
      assert.deepEqual(await bookOf(shop, orderId), ['charge succeeded 3000'])
      const listener = listen(shop, await ticketFor(customer))
      await eventually(async () => assert.deepEqual(listener.heard.map(saying), ['CONFIRMED']), patience)
      await listener.close()
      const events = ['OrderCreatedEvent', 'NotificationEvent']
      assert.deepEqual(await historyOf('notification', 'outcome', orderId), events)
    })

    test('an event with a newer schema, which nobody here has seen, is read with it', async () => {
      const latest = await fetch(`${registry}/subjects/order-created-value/versions/latest`)
      const { schema } = (await latest.json()) as { schema: string }
      const { fields, ...rest } = JSON.parse(schema) as { fields: object[] }
      const message = { name: 'giftMessage', type: ['null', 'string'], default: null }
      const productId = await shop.stock(10)
      const { orderId, record } = foreignOrder(productId, 'a customer of theirs')
      const value = { ...record.value, giftMessage: 'Happy birthday!' }
      await foreign.produce([{ ...record, value, schema: { ...rest, fields: [...fields, message] } }])
      await eventually(async () => assert.deepEqual(await stockOf(shop, productId), [8, 0, 2]), patience)
      assert.deepEqual(await bookOf(shop, orderId), ['charge succeeded 3000'])
    })

    test('what cannot be read is set aside with its bytes, and nothing stops', async () => {
      const { headers } = foreignOrder(1, 'nobody').record
      const bytes = (text: string): string => Buffer.from(text).toString('base64')
      const unknownId = Buffer.from([0, 0x7f, 0xff, 0xff, 0xff, 2, 4]).toString('base64')
      const broken = [
        { base64: bytes('no Avro at all'), headers, code: 'PAYLOAD_UNREADABLE' },
        { base64: unknownId, headers, code: 'PAYLOAD_UNREADABLE' },
        { base64: bytes('{"price":1}'), headers: {}, code: 'UNKNOWN_EVENT' },
        {
          base64: bytes('{"price":1}'),
          headers: { ...headers, ce_type: 'PriceEvent' },
          code: 'UNKNOWN_EVENT',
        },
        { base64: '', headers: {}, key: null, code: 'UNKNOWN_EVENT' },
      ]
      const records = topics
        .filter(({ subscribers }) => subscribers.length > 0)
        .flatMap(({ name: topic, events: [ce_type], publishers: [publisher], subscribers }) =>
          broken.map(({ code, ...record }) => {
            const writing: Writing = { topic, key: crypto.randomUUID(), ...record }
            // Of a type that the topic carries: a service passes over what is of its own types, wherever it comes from.
            const type = code === 'PAYLOAD_UNREADABLE' ? { ce_type: ce_type! } : {}
            const own =
              'ce_id' in record.headers
                ? { ce_id: crypto.randomUUID(), ce_source: `/waybill/shop/${publisher}`, ...type }
                : {}
            const producer = 'ce_id' in record.headers ? publisher : ''
            return { ...writing, headers: { ...record.headers, ...own }, subscribers, producer, code }
          }),
        )
      const customer = await shop.signUp()
      const productId = await shop.stock(100)
      const buy = () => Promise.all(Array.from({ length: 20 }, () => place(customer, orderOf(productId, 1))))

      const orderIds = await buy()
      const places = await foreign.produce(records)
      orderIds.push(...(await buy()))
      for (const orderId of orderIds) assert.equal((await end(customer, orderId)).status, 'CONFIRMED')

      const expected = records.flatMap(({ subscribers, producer, base64, code }, n) => {
        const { topic, partition, offset } = places[n]!
        const place = `${producer}/${topic}/${partition}/${offset}`
        return subscribers.map((service) => `${service}: ${place} ${code} ${base64}`)
      })
      await eventually(async () => {
        const found = await Promise.all(
          ['product', 'order', 'payment', 'notification'].map(async (service) => {
            const { body } = await shop.console(
              `GET /admin/systems/shop/services/${service}/parked?limit=100`,
            )
            return body.items.map(
              ({ source, error, payload }: any): string => `${service}: ${source} ${error?.code} ${payload}`,
            ) as string[]
          }),
        )
        assert.deepEqual(found.flat().toSorted(), expected.toSorted())
      }, patience)
    })

    test('what one forges in the name of others changes nothing, and holds up nothing', async () => {
      const customer = await shop.signUp()
      const productId = await shop.stock(10)
      const orderId = await place(customer, orderOf(productId, 2, 'tok_slow_5000'))
      const price = { amount: 1_500, currency: 'KRW' }
      const free = { ...price, amount: 0 }
      const user = { orderId, userId: customer.userId }
      const items = [{ productId, quantity: 2, price }]
      const order = foreignOrder(productId, customer.userId).record.value
      const forged: readonly [
        type: string,
        topic: string,
        producer: string,
        value: Record<string, unknown>,
      ][] = [
        // On a topic that is not its own.
        ...['payment', 'product'].map((producer): (typeof forged)[number] => [
          'PaymentCompletedEvent',
          'stock-reserved',
          producer,
          { ...user, items, paymentId: crypto.randomUUID(), total: free },
        ]),
        // Of no topic at all.
        ['OrderOverdueEvent', 'stock-reserved', 'order', { orderId }],
        ['ChargeUnansweredEvent', 'stock-reserved', 'payment', { orderId, amount: price }],
        ['PaymentRefundedEvent', 'order-cancelled', 'payment', { orderId, amount: price }],
        ['ProductAddedEvent', 'order-created', 'product', { productId, name: 'x', price: free, stock: 99 }],
        // Of a service that does not publish it, or of nobody's.
        ...['payment', ''].map((producer): (typeof forged)[number] => [
          'OrderCreatedEvent',
          'order-created',
          producer,
          { ...order, items: [{ productId, quantity: 8, price: free }], total: free },
        ]),
      ]
      const subjects: Readonly<Record<string, string>> = {
        PaymentCompletedEvent: 'payment-completed-value',
        OrderCreatedEvent: 'order-created-value',
      }
      const places = await foreign.produce(
        forged.map(([type, topic, producer, value]) => ({
          topic,
          key: orderId,
          headers: {
            ce_specversion: '1.0',
            ce_id: crypto.randomUUID(),
            ce_type: type,
            ce_source: producer === '' ? '/another/shop' : `/waybill/shop/${producer}`,
          },
          value,
          subject: subjects[type] ?? `waybill.shop.${type}`,
        })),
      )
      const expected = forged.flatMap(([type, topic, producer], n) => {
        const { partition, offset } = places[n]!
        const { subscribers } = topics.find(({ name }) => name === topic)!
        const place = `${producer}/${topic}/${partition}/${offset}`
        return subscribers.map((service) => `${service}: ${type} ${place} EVENT_MISPLACED`)
      })
      await eventually(async () => {
        const found = await Promise.all(
          ['product', 'order', 'payment', 'notification'].map(async (service) => {
            const parked = await allItems<any>(shop.console, `/admin/systems/shop/services/${service}/parked`)
            return parked
              .filter(({ event }) => event.key === orderId)
              .map(({ event, source, error }) => `${service}: ${event.type} ${source} ${error?.code}`)
          }),
        )
        assert.deepEqual(found.flat().toSorted(), expected.toSorted())
      }, patience)
      assert.equal((await shop.send('GET /api/products')).status, 200)

      assert.equal((await end(customer, orderId)).status, 'CONFIRMED')
      assert.deepEqual(await bookOf(shop, orderId), ['charge succeeded 3000'])
      await eventually(async () => assert.deepEqual(await stockOf(shop, productId), [8, 0, 2]), patience)
      const { sum, ledger, book } = await ledgerAndBook(shop)
      assert.deepEqual([sum, ledger], [0, book])
      assert.equal(await cancel(customer, orderId), 202)
      await eventually(
        async () =>
          assert.deepEqual(await bookOf(shop, orderId), ['charge succeeded 3000', 'refund succeeded 3000']),
        patience,
      )
    })
  },
)
