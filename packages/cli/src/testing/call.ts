/** What a request has beside its address. */
export interface Sent {
  readonly token?: string
  readonly headers?: Readonly<Record<string, string>>
  /** Sent as JSON. */
  readonly json?: unknown
  /** Sent as it is. */
  readonly body?: string
  readonly signal?: AbortSignal
}

export interface Answer {
  readonly status: number
  readonly headers: Headers
  /** Parsed if it is JSON, else as text. */
  readonly body: any
}

/** Sends a request to somewhere, as someone: `send('GET /api/orders')`. */
export type Send = (request: string, how?: Sent) => Promise<Answer>

/**
 * Sends a request and reads the answer.
 * @param request e.g. `POST /api/orders`
 */
export async function call(
  address: string,
  request: string,
  { token, headers, json, body, signal }: Sent = {},
): Promise<Answer> {
  const [method, path] = request.split(' ') as [string, string]
  const response = await fetch(address + path, {
    method,
    headers: {
      ...(json === undefined ? {} : { 'content-type': 'application/json' }),
      ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
      ...headers,
    },
    body: body ?? (json === undefined ? null : JSON.stringify(json)),
    signal: signal ?? null,
  })
  const text = await response.text()
  const isJson = /json/.test(response.headers.get('content-type') ?? '')
  return { status: response.status, headers: response.headers, body: isJson ? JSON.parse(text) : text }
}
