import { command, type Engine, entity, event, query, service, type Submission, system } from '@waybill/core'
import { pino } from 'pino'
import Type from 'typebox'
import type { Gateway, GatewayOptions } from './gateway.ts'
import { type Answer, call, fakeEngine, testGateway, token } from './test-kit.ts'

const Done = event('Done', { topic: 'done', key: 'id', data: Type.Object({ id: Type.String() }) })
const Order = entity('order', {})
const decision = { at: Order, id: () => 'o1', emits: [Done], decide: () => undefined } as const
const Line = Type.Object({ productId: Type.Integer(), quantity: Type.Integer({ minimum: 1 }) })

const place = command('place-order', {
  ...decision,
  http: 'POST /api/orders',
  role: 'user',
  input: Type.Object({
    orderItems: Type.Array(Line, { minItems: 1 }),
    address: Type.String({ minLength: 1 }),
    email: Type.Optional(Type.String({ format: 'email' })),
    ref: Type.Optional(Type.String({ format: 'uuid' })),
    at: Type.Optional(Type.String({ format: 'date-time' })),
    method: Type.Optional(Type.Union([Type.Literal('CARD'), Type.Literal('CASH')])),
    size: Type.Optional(Type.Enum(['S', 'M'])),
    'a/b': Type.Optional(Type.Integer()),
  }),
})
const cancel = command('cancel-order', {
  ...decision,
  http: 'POST /api/orders/{orderId}/cancel',
  status: 202,
  input: Type.Object({ orderId: Type.Integer(), reason: Type.Optional(Type.String()) }),
})
const remove = command('remove-order', {
  ...decision,
  http: 'DELETE /api/orders/{orderId}',
  role: 'admin',
  input: Type.Object({ orderId: Type.Integer(), force: Type.Optional(Type.Boolean()) }),
})
const hidden = command('hidden', { ...decision, input: Type.Object({}) })
const getOrder = query('order', {
  http: 'GET /api/orders/{orderId}',
  input: Type.Object({ orderId: Type.Integer() }),
  output: Type.Object({ orderId: Type.Integer() }),
  answer: async () => ({ orderId: 1 }),
})
const listOrders = query('orders', {
  http: 'GET /api/orders',
  input: Type.Object({
    limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 100, default: 20 })),
    open: Type.Optional(Type.Boolean()),
    status: Type.Optional(Type.Array(Type.Enum(['PENDING', 'CONFIRMED']))),
  }),
  output: Type.Object({ items: Type.Array(Type.Unknown()) }),
  answer: async () => ({ items: [] }),
})
const orders = service('order', {
  entities: [Order],
  commands: [place, cancel, remove, hidden],
  queries: [getOrder, listOrders],
})
const elsewhere = service('elsewhere', {
  queries: [
    query('far', {
      http: 'GET /api/far',
      input: Type.Object({}),
      output: Type.Object({}),
      answer: async () => ({}),
    }),
  ],
})

export const good = { orderItems: [{ productId: 1, quantity: 2 }], address: 'here' }
export const accepted = {
  refused: false,
  id: 'o1',
  reply: { id: 'o1' },
  correlationId: 'c',
  settled: true,
  replayed: false,
}

/** What the engine was given last. */
interface Sent {
  readonly name: string
  readonly input: any
  readonly how: Submission
}

/** A gateway to orders, before an engine that answers as a test says. */
export interface OrdersGateway {
  readonly gateway: Gateway
  /** Everything logged as a warning or worse. */
  readonly logged: string[]
  sent(): Sent
  answer(give: () => unknown): void
  /** Places an order as user `u1`. */
  place(json: unknown, headers?: Record<string, string>): Promise<Answer>
}

export async function ordersGateway(options: Partial<GatewayOptions> = {}): Promise<OrdersGateway> {
  let sent: Sent | undefined
  let give: () => unknown = () => accepted
  const submit: Engine['submit'] = async ({ name }, input, how) => {
    sent = { name, input, how }
    return give() as never
  }
  const ask: Engine['ask'] = async ({ name }, input, caller) => {
    sent = { name, input, how: { caller } }
    return give() as never
  }
  const logged: string[] = []
  const gateway = await testGateway({
    system: system('test', [orders, elsewhere]),
    engines: new Map([['order', fakeEngine(orders, { submit, ask })]]),
    logger: pino({ level: 'warn' }, { write: (line: string) => void logged.push(line) }),
    ...options,
  })
  return {
    gateway,
    logged,
    sent: () => sent!,
    answer: (how) => {
      give = how
    },
    place: (json, headers = {}) => call(gateway, 'POST /api/orders', { json, headers, token: token() }),
  }
}
