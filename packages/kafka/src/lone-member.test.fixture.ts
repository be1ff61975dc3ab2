import { topic } from '@waybill/core'
import { createKafkaLog } from './kafka-log.ts'

// A process of its own that joins a group, says so, reads and saves nothing, and waits to be killed.
const [address, system, group, name] = process.argv.slice(2)
const log = createKafkaLog({ brokers: [address!], clientId: 'lone', system: system! })
const subscription = await log.subscribe({
  group: group!,
  topics: [topic(name!)],
  from: async () => {
    process.send!('joined')
    return 0
  },
})
for (;;) await subscription.poll(1)
