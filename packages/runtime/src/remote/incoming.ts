import Type, { type TObject } from 'typebox'
import { Compile, type Validator } from 'typebox/compile'
import type { Request, Response } from './wire.ts'

/* What comes over a link is checked as if a stranger had sent it: one that is compromised, or of another version, must not take this process with it. */

const name = Type.String({ maxLength: 500 })
const text = Type.String({ maxLength: 2_000 })
/** What stands in an index of the store. */
const printable = Type.String({ maxLength: 500, pattern: '^[ -~]+$' })
const atMostMs = (maximum: number) => Type.Optional(Type.Number({ minimum: 0, maximum }))
const caller = Type.Object({ userId: text, roles: Type.Array(text, { maxItems: 1_000 }) })
const how = Type.Object({
  caller,
  correlationId: Type.Optional(
    Type.String({ pattern: '^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$' }),
  ),
  traceparent: Type.Optional(Type.String({ pattern: '^00-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}$' })),
  idempotency: Type.Optional(
    Type.Object({ slot: printable, fingerprint: printable, keepMs: atMostMs(400 * 24 * 60 * 60 * 1_000) }),
  ),
  waitMs: atMostMs(10 * 60 * 1_000),
})
const input = Type.Optional(Type.Unknown())
const bodies = {
  submit: Type.Object({ command: name, input, how }),
  ask: Type.Object({ query: name, input, caller }),
  entity: Type.Object({ entity: name, id: text }),
  tail: Type.Object({}),
}
const requests = Object.fromEntries(
  Object.entries(bodies).map(([kind, body]) => [
    kind,
    Compile(Type.Object({ id: Type.Integer(), service: name, kind: Type.Literal(kind), body })),
  ]),
)
const responses = [
  Type.Object({ answer: Type.Unknown() }),
  Type.Object({ failure: Type.Object({ code: name, message: Type.String() }) }),
  Type.Object({ heard: Type.Array(Type.Object({ type: name, data: Type.Object({}) })) }),
].map((schema) => Compile(Type.Object({ id: Type.Integer(), ...schema.properties })))

/** The messages in a frame; `undefined`: it is none of ours. */
export function messagesIn(frame: unknown): readonly unknown[] | undefined {
  try {
    const parsed: unknown = JSON.parse((frame as Buffer).toString())
    return Array.isArray(parsed) ? parsed : undefined
  } catch {
    return undefined
  }
}

/** The number of a message, be the rest of it what it may; `undefined`: it has none. */
export function idOf(message: unknown): number | undefined {
  const { id } = (message ?? {}) as { id?: unknown }
  return Number.isSafeInteger(id) ? (id as number) : undefined
}

export function isRequest(message: unknown): message is Request {
  const { kind } = (message ?? {}) as { kind?: unknown }
  return typeof kind === 'string' && Object.hasOwn(requests, kind) && requests[kind]!.Check(message)
}

export function isResponse(message: unknown): message is Response {
  return responses.some((one) => one.Check(message))
}

const inputs = new WeakMap<TObject, Validator>()

/** Whether it is an input of this schema. */
export function isInput(schema: TObject, value: unknown): boolean {
  let check = inputs.get(schema)
  if (check === undefined) inputs.set(schema, (check = Compile(schema)))
  return check.Check(value)
}
