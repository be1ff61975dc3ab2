import {
  command,
  type EffectIo,
  type EffectLimits,
  later,
  on,
  query,
  refuse,
  service,
  system,
} from '@waybill/core'
import Type from 'typebox'
import { flowEvents, type FlowEvents, payloads } from './flow-events.ts'
import { flowEntities, flowViews } from './flow-states.ts'

/** What a case may change about the flow while it runs. */
export interface Controls {
  /** The payment provider. */
  charge: (orderId: string, io: EffectIo) => Promise<string> | string
  chargeLimits: EffectLimits
  /** Called before a note is read; what it throws, the decide throws. */
  beforeReading: (key: string, n: number) => void
  /** When an order that is not paid is cancelled. */
  overdueMs: number
}

type Entities = ReturnType<typeof flowEntities>

/**
 * The system that the cases run: orders take a piece of stock each and are paid; notes are read in order.
 * @param suffix makes services and topics differ from those of other cases, which may share a database or broker
 */
export function flow(suffix: string) {
  const controls: Controls = {
    charge: (orderId) => `receipt of ${orderId}`,
    chargeLimits: {},
    beforeReading: () => {},
    overdueMs: 60 * 60 * 1_000,
  }
  const events = flowEvents(suffix)
  const entities = flowEntities(events)
  const views = flowViews(events)
  const { Order, Notebook, Stock, Page, Payment } = entities
  const commands = flowCommands(events, entities, controls)
  const stockOf = query('stock-of', {
    input: Type.Object({ product: Type.String() }),
    output: Type.Object({ onHand: Type.Integer() }),
    answer: async (read, { product }) => ({ onHand: (await read.entity(Stock, product)).onHand }),
  })
  const services = {
    order: service(`order-${suffix}`, {
      entities: [Order, Notebook],
      commands: [commands.place, commands.note],
      handlers: orderHandlers(events, entities),
      views: Object.values(views),
    }),
    stock: service(`stock-${suffix}`, {
      entities: [Stock, Page],
      commands: [commands.restock],
      queries: [stockOf],
      handlers: stockHandlers(events, entities, controls),
    }),
    pay: service(`pay-${suffix}`, { entities: [Payment], handlers: [charge(events, entities, controls)] }),
  }
  return {
    system: system(`flow-${suffix}`, Object.values(services)),
    services,
    commands,
    stockOf,
    events,
    ...entities,
    ...views,
    controls,
  }
}

export type Flow = ReturnType<typeof flow>

function flowCommands(
  { Placed, Overdue, Noted, Restocked }: FlowEvents,
  entities: Entities,
  controls: Controls,
) {
  return {
    place: command('place', {
      input: payloads.Order,
      output: Type.Object({ id: Type.String(), status: Type.String() }),
      at: entities.Order,
      id: ({ orderId }) => orderId,
      emits: [Placed, Overdue],
      decide: ({ status }, input) =>
        status === 'NONE'
          ? [Placed(input), later({ ms: controls.overdueMs }, Overdue(input))]
          : refuse('ORDER_EXISTS', 'There is this order already.'),
      reply: ({ status }, { id }) => ({ id, status }),
      settled: ({ status }) => status !== 'PLACED',
    }),
    note: command('note', {
      input: payloads.Note,
      at: entities.Notebook,
      id: ({ key }) => key,
      emits: [Noted],
      decide: (_, input) => {
        if (input.n < 0) throw new Error(`no note ${input.n}`)
        return Noted(input)
      },
    }),
    restock: command('restock', {
      input: payloads.Pieces,
      at: entities.Stock,
      id: ({ product }) => product,
      emits: [Restocked],
      decide: (_, input) => Restocked(input),
    }),
  }
}

function orderHandlers(events: FlowEvents, { Order }: Entities) {
  const { Placed, Reserved, Refused, Paid, PaymentUnknown, Overdue, Welcomed, Cancelled } = events
  return [
    // The service handles an event of its own.
    on(Placed)
      .at(Order, 'orderId')
      .emits(Welcomed)
      .decide((_, e) => Welcomed(e)),
    on(Overdue)
      .at(Order, 'orderId')
      .emits(Cancelled)
      .decide(({ status }, e) => (status === 'PLACED' ? Cancelled(e) : undefined)),
    ...[Reserved, Refused, Paid, PaymentUnknown].map((seen) => on(seen).at(Order, 'orderId').observe()),
  ]
}

function stockHandlers(events: FlowEvents, { Stock, Page }: Entities, controls: Controls) {
  const { Placed, Reserved, Refused, Noted, Read } = events
  return [
    on(Placed)
      .at(Stock, 'product')
      .emits(Reserved, Refused)
      .decide(({ onHand }, e) => (onHand > 0 ? Reserved(e) : Refused(e))),
    on(Noted)
      .at(Page, 'key')
      .emits(Read)
      .decide((_, e) => {
        controls.beforeReading(e.key, e.n)
        return Read(e)
      }),
  ]
}

function charge({ Reserved, Paid, PaymentUnknown }: FlowEvents, { Payment }: Entities, controls: Controls) {
  // Read at each attempt, as a case sets them after the system is made.
  const limits = {
    get attempt() {
      return controls.chargeLimits.attempt
    },
    get within() {
      return controls.chargeLimits.within
    },
  }
  return on(Reserved)
    .at(Payment, 'orderId')
    .effect((_, { orderId }, io) => controls.charge(orderId, io), limits as EffectLimits)
    .emits(Paid, PaymentUnknown)
    .decide((_, e, { outcome }) => (outcome.status === 'answered' ? Paid(e) : PaymentUnknown(e)))
}
