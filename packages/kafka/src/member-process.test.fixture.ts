import { once } from 'node:events'
import { topic } from '@waybill/core'
import { createKafkaLog } from './kafka-log.ts'
import type { Ledger } from './ledger.test.fixture.ts'
import { startReader } from './reader.test.fixture.ts'
import type { EventTable } from './refill.ts'

// A process of its own that becomes a member of a group when it is told to. Its ledger is with who has started it.
const [address, system, group, name, instance] = process.argv.slice(2)
const answers = new Map<number, (answer: unknown) => void>()
let questions = 0

/** Has the other process call its ledger. */
function ask(method: keyof Ledger, args: unknown[]): Promise<unknown> {
  questions += 1
  process.send!({ question: questions, method, args })
  const { promise, resolve } = Promise.withResolvers<unknown>()
  answers.set(questions, resolve)
  return promise
}

process.once('disconnect', () => process.exit())
process.send!('ready')
await once(process, 'message')
process.on('message', ({ question, answer }: { question: number; answer: unknown }) => {
  answers.get(question)!(answer)
})
const log = createKafkaLog({
  brokers: [address!],
  clientId: 'process',
  system: system!,
  instance: instance!,
  tables: () => [
    {
      service: name!,
      published: (...args) => ask('published', args) as ReturnType<EventTable['published']>,
    },
  ],
})
await startReader(log, {
  group: group!,
  topics: [topic(name!)],
  ledger: {
    from: (...args) => ask('from', args) as ReturnType<Ledger['from']>,
    write: (...args) => ask('write', args) as Promise<boolean>,
  },
})
