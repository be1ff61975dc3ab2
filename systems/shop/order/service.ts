import { service } from '@waybill/core'
import { cancelOrder } from './cancel-order.ts'
import { Order } from './order.ts'
import { getOrder, getOrderEvents, listOrders, Orders } from './orders.ts'
import { placeOrder } from './place-order.ts'
import { orderSaga } from './saga.ts'

/** Takes orders and sees each through to its end. */
export const order = service('order', {
  entities: [Order],
  commands: [placeOrder, cancelOrder],
  queries: [listOrders, getOrder, getOrderEvents],
  handlers: orderSaga,
  views: [Orders],
})
