import type { Static, TObject, TSchema } from 'typebox'
import type { Caller } from './caller.ts'
import type { Read } from './read.ts'
import type { Refusal } from './refusal.ts'

/** A question to one service, answered from its own entities and views. It changes nothing. */
export interface QueryDef<I = any, O = any> {
  readonly name: string
  readonly http: `GET /${string}` | undefined
  readonly role: string | undefined
  readonly input: TObject
  readonly output: TSchema
  answer(read: Read, input: I, caller: Caller): Promise<O | Refusal>
}

/**
 * Declares a query.
 * @param name unique in its service: `orders-of-user`
 * @param def.http its route; without one it can only be asked by other services (`io.ask`)
 * @param def.role who may ask: without one, anyone
 * @param def.input of path parameters and query string together
 * @param def.output what it answers
 */
export function query<I extends TObject, O extends TSchema>(
  name: string,
  def: {
    http?: `GET /${string}`
    role?: string
    input: I
    output: O
    answer: (read: Read, input: Static<I>, caller: Caller) => Promise<Static<O> | Refusal>
  },
): QueryDef<Static<I>, Static<O>> {
  return { name, http: def.http, role: def.role, input: def.input, output: def.output, answer: def.answer }
}
