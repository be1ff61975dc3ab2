import { after } from 'node:test'
import { notifications } from './notifications.ts'
import { openShop } from './open-shop.ts'

const shop = await openShop()
after(() => shop.close())

notifications(shop)
