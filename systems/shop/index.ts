import type { Application } from '@waybill/runtime'
import { demo } from './demo.ts'
import { notificationSocket } from './notification/socket.ts'
import { shop } from './system.ts'

export { shop } from './system.ts'

const order = `{"orderItems":[{"productId":1,"quantity":2}],"shippingAddress":"서울시 강남구","paymentMethod":"CREDIT_CARD"}`

const application: Application = {
  name: 'shop',
  defaultPort: 8080,
  example: `curl -X POST {address}/api/orders -H 'Authorization: Bearer {token}' -H 'Content-Type: application/json' -H 'Prefer: wait=10' -d '${order}'`,
  create: shop,
  paysBy: 'payment',
  routes: notificationSocket,
  demo,
}

export default application
