import { after } from 'node:test'
import { flows } from './flows.ts'
import { openShop } from './open-shop.ts'

const shop = await openShop()
after(() => shop.close())

flows(shop)
