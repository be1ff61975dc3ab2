import { saga, system, type SystemDef } from '@waybill/core'
import { accounts, type Outside } from '@waybill/runtime'
import { OrderCancelled, OrderCreated, PaymentCompleted } from './events.ts'
import { notification } from './notification/service.ts'
import { order } from './order/service.ts'
import { payment } from './payment/service.ts'
import { product } from './product/service.ts'
import { registry } from './registry.ts'

/**
 * The shop: its services, and the order that goes through them. The seventh, the gateway, is the host's: its routes are
 * the commands and queries of these.
 */
export const shop = (outside: Outside): SystemDef =>
  system(
    'shop',
    [registry(outside.directory), accounts, product, order, payment(outside.payments), notification],
    [
      saga('order', {
        starts: OrderCreated,
        ends: { confirmed: [PaymentCompleted], cancelled: [OrderCancelled] },
        within: { minutes: 5 },
      }),
    ],
  )
