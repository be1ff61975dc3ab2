import { Agent, request } from 'node:http'

/** A client with so many connections, as one user once it has logged in. */
export interface HttpClient {
  login(address: string, credentials: { email: string; password: string }): Promise<void>
  /**
   * @param route e.g. `POST http://127.0.0.1:8080/api/orders`
   * @throws HttpFailure unless it succeeds
   */
  send(route: string, body?: object): Promise<any>
  close(): void
}

/** An answer that is none of success. */
export class HttpFailure extends Error {
  readonly status: number

  constructor(status: number, message: string) {
    super(message)
    this.status = status
  }
}

export function httpClient(connections: number): HttpClient {
  const agent = new Agent({ keepAlive: true, maxSockets: connections })
  let authorization = {}

  function send(route: string, body?: object): Promise<any> {
    const [method, url] = route.split(' ') as [string, string]
    const bytes = body === undefined ? undefined : Buffer.from(JSON.stringify(body))
    const content = bytes && { 'content-type': 'application/json', 'content-length': bytes.length }
    return new Promise((resolve, reject) => {
      const sent = request(url, { agent, method, headers: { ...authorization, ...content } }, (response) => {
        const chunks: Buffer[] = []
        response.on('data', (chunk: Buffer) => chunks.push(chunk))
        response.on('end', () => {
          const text = Buffer.concat(chunks).toString()
          if (response.statusCode! < 300) resolve(JSON.parse(text))
          else reject(new HttpFailure(response.statusCode!, `${route}: ${response.statusCode} ${text}`))
        })
      })
      sent.on('error', reject)
      sent.end(bytes)
    })
  }

  return {
    login: async (address, credentials) => {
      const { accessToken } = await send(`POST ${address}/api/auth/login`, credentials)
      authorization = { authorization: `Bearer ${accessToken as string}` }
    },
    send,
    close: () => agent.destroy(),
  }
}
