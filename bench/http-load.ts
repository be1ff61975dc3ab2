import { Agent, request } from 'node:http'

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
  const agent = new Agent({ keepAlive: true, maxSockets: 256 })
  const now = (): number => performance.timeOrigin + performance.now()
  const credentials = { email: 'demo@example.com', password: 'demo-password' }
  const { accessToken } = await post(agent, `${address}/api/auth/login`, credentials, {})
  const headers = { authorization: `Bearer ${accessToken as string}` }
  const begin = now() + 100
  const count = perSecond * seconds
  const answers: Promise<Accepted>[] = []
  for (let sent = 0; sent < count;) {
    for (; sent < count && begin + (sent * 1_000) / perSecond <= now(); sent += 1) {
      const dueAt = begin + (sent * 1_000) / perSecond
      const order = orders[sent % orders.length]!
      answers.push(
        post(agent, `${address}/api/orders`, order, headers).then((answer) => ({
          orderId: answer['orderId'] as string,
          dueAt,
          acceptMs: now() - dueAt,
        })),
      )
    }
    await new Promise((resolve) => setTimeout(resolve, 1))
  }
  const accepted = await Promise.all(answers)
  agent.destroy()
  return accepted
}

function post(agent: Agent, url: string, body: object, headers: object): Promise<Record<string, unknown>> {
  const bytes = Buffer.from(JSON.stringify(body))
  return new Promise((resolve, reject) => {
    const sent = request(
      url,
      {
        agent,
        method: 'POST',
        headers: { ...headers, 'content-type': 'application/json', 'content-length': bytes.length },
      },
      (response) => {
        const chunks: Buffer[] = []
        response.on('data', (chunk: Buffer) => chunks.push(chunk))
        response.on('end', () => {
          const text = Buffer.concat(chunks).toString()
          if (response.statusCode! < 300) resolve(JSON.parse(text) as Record<string, unknown>)
          else reject(new Error(`${response.statusCode} ${text}`))
        })
      },
    )
    sent.on('error', reject)
    sent.end(bytes)
  })
}
