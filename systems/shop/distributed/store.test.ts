import { after, describe } from 'node:test'
import { flows } from '../stories/flows.ts'
import { instances } from './instances.ts'
import { kills } from './kills.ts'
import { openProcesses } from './open-processes.ts'

describe('The shop as seven processes on PostgreSQL alone', { timeout: 600_000 }, async () => {
  const shop = await openProcesses('postgres')
  after(() => shop.close())
  flows(shop)
  kills(shop)
  instances(shop)
})
