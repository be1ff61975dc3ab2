import {
  command,
  type CommandDef,
  type EffectIo,
  type EffectLimits,
  entity,
  type EntityDef,
  event,
  type EventDef,
  internal,
  later,
  on,
  query,
  type QueryDef,
  refuse,
  service,
  type ServiceDef,
  system,
  type SystemDef,
  view,
  type ViewDef,
} from '@waybill/core'
import Type from 'typebox'

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

export interface OrderState {
  readonly status: 'NONE' | 'PLACED' | 'REFUSED' | 'PAID' | 'UNKNOWN' | 'CANCELLED'
  /** Every event of the order, as it came. */
  readonly seen: readonly string[]
}

export interface PlaceInput {
  readonly orderId: string
  readonly product: string
}

/**
 * The system that the cases run: orders take a piece of stock each and are paid; notes are read in order.
 * Every state lists what happened to it, so that nothing can happen twice or in another order without being seen.
 */
export interface Flow {
  readonly system: SystemDef
  readonly services: { readonly order: ServiceDef; readonly stock: ServiceDef; readonly pay: ServiceDef }
  readonly commands: {
    readonly place: CommandDef<PlaceInput, { id: string; status: string }>
    readonly note: CommandDef<{ key: string; n: number }, unknown>
    readonly restock: CommandDef<{ product: string; quantity: number }, unknown>
  }
  readonly stockOf: QueryDef<{ product: string }, { onHand: number }>
  readonly events: Readonly<Record<'Placed' | 'Noted' | 'Paid', EventDef>>
  readonly Order: EntityDef<OrderState>
  readonly Stock: EntityDef<{ onHand: number; takenBy: readonly string[] }>
  readonly Page: EntityDef<{ read: readonly number[] }>
  readonly Orders: ViewDef<{ orderId: string; status: string; changes: number }>
  readonly controls: Controls
}

const OrderRef = { orderId: Type.String(), product: Type.String() }
const Ordered = Type.Object(OrderRef)
const Note = Type.Object({ key: Type.String(), n: Type.Integer() })
const Pieces = Type.Object({ product: Type.String(), quantity: Type.Integer() })

/** @param suffix makes services and topics differ from those of other cases, which may share a database or broker */
export function flow(suffix: string): Flow {
  const controls: Controls = {
    charge: (orderId) => `receipt of ${orderId}`,
    chargeLimits: {},
    beforeReading: () => {},
    overdueMs: 60 * 60 * 1_000,
  }
  const published = <const N extends string, S extends typeof Ordered | typeof Note | typeof Pieces>(
    name: N,
    data: S,
  ) =>
    event(name, {
      topic: `${name.toLowerCase()}-${suffix}`,
      key: Object.keys(data.properties)[0] as never,
      data,
    })

  const Placed = published('Placed', Ordered)
  const Reserved = published('Reserved', Ordered)
  const Refused = published('Refused', Ordered)
  const Paid = published('Paid', Ordered)
  const PaymentUnknown = published('PaymentUnknown', Ordered)
  const Cancelled = published('Cancelled', Ordered)
  const Noted = published('Noted', Note)
  const Read = published('Read', Note)
  const Restocked = published('Restocked', Pieces)
  const Overdue = internal('Overdue', { data: Ordered })
  const Welcomed = internal('Welcomed', { data: Ordered })

  const becomes =
    (type: string, status?: OrderState['status']) =>
    (order: OrderState): OrderState => ({ status: status ?? order.status, seen: [...order.seen, type] })
  const none: OrderState = { status: 'NONE', seen: [] }
  const Order = entity('order', none)
    .evolve(Placed, becomes('Placed', 'PLACED'))
    .evolve(Welcomed, becomes('Welcomed'))
    .evolve(Reserved, becomes('Reserved'))
    .evolve(Refused, becomes('Refused', 'REFUSED'))
    .evolve(Paid, becomes('Paid', 'PAID'))
    .evolve(PaymentUnknown, becomes('PaymentUnknown', 'UNKNOWN'))
    .evolve(Overdue, becomes('Overdue'))
    .evolve(Cancelled, becomes('Cancelled', 'CANCELLED'))
  const Notebook = entity('notebook', { written: 0 }).evolve(Noted, ({ written }) => ({
    written: written + 1,
  }))
  const Stock = entity('stock', { onHand: 0, takenBy: [] as readonly string[] })
    .evolve(Restocked, (stock, { quantity }) => ({ ...stock, onHand: stock.onHand + quantity }))
    .evolve(Reserved, ({ onHand, takenBy }, { orderId }) => ({
      onHand: onHand - 1,
      takenBy: [...takenBy, orderId],
    }))
  const Page = entity('page', { read: [] as readonly number[] }).evolve(Read, ({ read }, { n }) => ({
    read: [...read, n],
  }))
  const Payment = entity('payment', { paid: 0 }).evolve(Paid, ({ paid }) => ({ paid: paid + 1 }))

  const place = command('place', {
    input: Ordered,
    output: Type.Object({ id: Type.String(), status: Type.String() }),
    at: Order,
    id: ({ orderId }) => orderId,
    emits: [Placed, Overdue],
    decide: ({ status }, input) =>
      status === 'NONE'
        ? [Placed(input), later({ ms: controls.overdueMs }, Overdue(input))]
        : refuse('ORDER_EXISTS', 'There is this order already.'),
    reply: ({ status }, { id }) => ({ id, status }),
    settled: ({ status }) => status !== 'PLACED',
  })
  const note = command('note', {
    input: Note,
    at: Notebook,
    id: ({ key }) => key,
    emits: [Noted],
    decide: (_, input) => {
      if (input.n < 0) throw new Error(`no note ${input.n}`)
      return Noted(input)
    },
  })
  const restock = command('restock', {
    input: Pieces,
    at: Stock,
    id: ({ product }) => product,
    emits: [Restocked],
    decide: (_, input) => Restocked(input),
  })
  const stockOf = query('stock-of', {
    input: Type.Object({ product: Type.String() }),
    output: Type.Object({ onHand: Type.Integer() }),
    answer: async (read, { product }) => ({ onHand: (await read.entity(Stock, product)).onHand }),
  })

  const welcome = on(Placed)
    .at(Order, 'orderId')
    .emits(Welcomed)
    .decide((_, e) => Welcomed(e))
  const reserve = on(Placed)
    .at(Stock, 'product')
    .emits(Reserved, Refused)
    .decide(({ onHand }, e) => (onHand > 0 ? Reserved(e) : Refused(e)))
  const readNote = on(Noted)
    .at(Page, 'key')
    .emits(Read)
    .decide((_, e) => {
      controls.beforeReading(e.key, e.n)
      return Read(e)
    })
  const charge = on(Reserved)
    .at(Payment, 'orderId')
    .effect((_, { orderId }, io) => controls.charge(orderId, io), {
      get attempt() {
        return controls.chargeLimits.attempt
      },
      get within() {
        return controls.chargeLimits.within
      },
    } as EffectLimits)
    .emits(Paid, PaymentUnknown)
    .decide((_, e, { outcome }) => (outcome.status === 'answered' ? Paid(e) : PaymentUnknown(e)))
  const cancel = on(Overdue)
    .at(Order, 'orderId')
    .emits(Cancelled)
    .decide(({ status }, e) => (status === 'PLACED' ? Cancelled(e) : undefined))
  const observed = [Reserved, Refused, Paid, PaymentUnknown].map((seen) =>
    on(seen).at(Order, 'orderId').observe(),
  )

  const Orders = [Placed, Refused, Paid, PaymentUnknown, Cancelled].reduce<Flow['Orders']>(
    (orders, one) =>
      orders.on(one, (row, { orderId }) => ({ orderId, status: one.type, changes: (row?.changes ?? 0) + 1 })),
    view('orders', {
      key: 'orderId',
      row: Type.Object({ orderId: Type.String(), status: Type.String(), changes: Type.Integer() }),
      indexes: [['status']],
    }),
  )

  const services = {
    order: service(`order-${suffix}`, {
      entities: [Order, Notebook],
      commands: [place, note],
      handlers: [welcome, cancel, ...observed],
      views: [Orders],
    }),
    stock: service(`stock-${suffix}`, {
      entities: [Stock, Page],
      commands: [restock],
      queries: [stockOf],
      handlers: [reserve, readNote],
    }),
    pay: service(`pay-${suffix}`, { entities: [Payment], handlers: [charge] }),
  }
  return {
    system: system(`flow-${suffix}`, Object.values(services)),
    services,
    commands: { place, note, restock },
    stockOf,
    events: { Placed, Noted, Paid },
    Order,
    Stock,
    Page,
    Orders,
    controls,
  }
}
