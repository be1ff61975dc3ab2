import { demoAccounts } from '@waybill/runtime'
import { httpClient } from './http.ts'

/** What the parent asks for. */
export interface Load {
  readonly address: string
  readonly perSecond: number
  readonly seconds: number
  readonly orders: readonly object[]
}

/** One accepted order: when it was due, and how long the answer took from then, in milliseconds. */
export interface Accepted {
  readonly orderId: string
  readonly dueAt: number
  readonly acceptMs: number
}

/*
 * Open loop in a process of its own: every order is sent when it is due, however slow the answers are, and its time
 * counts from when it was due (no coordinated omission).
 */
process.on('message', (load: Load) => {
  run(load).then(
    (result) => process.send!({ result }, () => process.disconnect()),
    (error: unknown) => process.send!({ error: String(error) }, () => process.disconnect()),
  )
})

async function run({ address, perSecond, seconds, orders }: Load): Promise<Accepted[]> {
  const client = httpClient(256)
  const now = (): number => performance.timeOrigin + performance.now()
  await client.login(address, demoAccounts[0])
  const begin = now() + 100
  const count = perSecond * seconds
  const answers: Promise<Accepted>[] = []
  for (let sent = 0; sent < count;) {
    for (; sent < count && begin + (sent * 1_000) / perSecond <= now(); sent += 1) {
      const dueAt = begin + (sent * 1_000) / perSecond
      const order = orders[sent % orders.length]!
      answers.push(
        client.send(`POST ${address}/api/orders`, order).then((answer) => ({
          orderId: answer.orderId as string,
          dueAt,
          acceptMs: now() - dueAt,
        })),
      )
    }
    await new Promise((resolve) => setTimeout(resolve, 1))
  }
  const accepted = await Promise.all(answers)
  client.close()
  return accepted
}
