import { unescape } from 'node:querystring'
import { messageOf, WaybillError } from '@waybill/core'

/** A registry that takes longer to answer counts as away. */
const answerMs = 10_000
const mediaType = 'application/vnd.schemaregistry.v1+json'
/** Refused just now, or to everyone who comes as we do: the same may be answered later. */
const passing = new Set([401, 403, 408, 429])

/** What a registry said: yes with a value, or no for a reason that will not pass by itself. */
export interface Answer {
  readonly status: number
  /** As parsed from JSON; of a no, perhaps `{}`. */
  readonly body: any
}

/** The way to a registry. No message tells the user or the password in its address. */
export interface Connection {
  /**
   * Sends a request.
   * @param body sent as JSON
   * @throws REGISTRY_UNAVAILABLE without an answer, or with one that may be another later
   */
  ask(method: string, path: string, body?: unknown): Promise<Answer>
  /** The error for a request that was not answered as a registry does. */
  unavailable(path: string, reason: string, cause?: unknown): WaybillError
}

/** @param address `http://user:password@host:port/path` */
export function connectionTo(address: string): Connection {
  const url = new URL(address)
  const base = `${url.origin}${url.pathname}`.replace(/\/+$/, '')
  const credentials = `${unescape(url.username)}:${unescape(url.password)}`
  const headers = {
    accept: `${mediaType}, application/json`,
    'content-type': mediaType,
    ...(url.username !== '' && { authorization: `Basic ${Buffer.from(credentials).toString('base64')}` }),
  }
  const unavailable: Connection['unavailable'] = (path, reason, cause) =>
    new WaybillError('REGISTRY_UNAVAILABLE', `${base}${path}: ${reason}`, { cause })

  return {
    unavailable,
    async ask(method, path, body) {
      const sent = body === undefined ? {} : { body: JSON.stringify(body) }
      let status: number
      let text: string
      try {
        const signal = AbortSignal.timeout(answerMs)
        const response = await fetch(base + path, { method, headers, signal, ...sent })
        status = response.status
        text = await response.text()
      } catch (cause) {
        throw unavailable(path, reasonOf(cause), cause)
      }
      const answer = objectIn(text)
      if (status >= 500 || passing.has(status) || (status < 300 && answer === undefined)) {
        throw unavailable(path, `it answers ${status}: ${answer?.message ?? 'without a reason'}`)
      }
      return { status, body: answer ?? {} }
    },
  }
}

/** What `fetch` says itself is only that it failed. */
function reasonOf(failure: unknown): string {
  const reason = failure instanceof Error && failure.cause instanceof Error ? failure.cause : failure
  // Where a host has two addresses the message is empty.
  return messageOf(reason) || String((reason as NodeJS.ErrnoException).code)
}

/** Also a list; `undefined` when it is no JSON, or another value. */
function objectIn(text: string): any {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null ? value : undefined
  } catch {
    return undefined
  }
}
