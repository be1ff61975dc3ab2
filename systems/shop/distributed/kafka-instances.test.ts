import { after, describe } from 'node:test'
import { skipWithoutKafka } from '@waybill/servers'
import { instances } from './instances.ts'
import { openProcesses } from './open-processes.ts'

const skip = await skipWithoutKafka()

describe('Processes of the shop on Kafka', { skip, timeout: 600_000 }, async () => {
  const shop = await openProcesses('postgres', 'kafka')
  after(() => shop.close())
  instances(shop)
})
