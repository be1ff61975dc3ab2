import { Agent, request } from 'node:http'

export interface Posted {
  readonly status: number
  readonly body: any
}

/** As many connections as there are requests in hand: one that hangs holds up nobody else. */
const agent = new Agent({ keepAlive: true })
const answerMs = 15_000

/** Posts JSON, over a connection that is kept. */
export function post(url: string, headers: Readonly<Record<string, string>>, body: object): Promise<Posted> {
  const bytes = Buffer.from(JSON.stringify(body))
  return new Promise((resolve, reject) => {
    const sent = request(
      url,
      {
        agent,
        method: 'POST',
        headers: { ...headers, 'content-type': 'application/json', 'content-length': bytes.length },
        timeout: answerMs,
      },
      (response) => {
        const chunks: Buffer[] = []
        response.on('data', (chunk: Buffer) => chunks.push(chunk))
        response.on('error', reject)
        response.on('end', () => {
          resolve({
            status: response.statusCode!,
            body: JSON.parse(Buffer.concat(chunks).toString()) as unknown,
          })
        })
      },
    )
    sent.on('timeout', () => sent.destroy(new Error(`no answer after ${answerMs / 1_000} s`)))
    sent.on('error', reject)
    sent.end(bytes)
  })
}
