import { type ChildProcess, fork } from 'node:child_process'
import type { Ledger } from './ledger.test.fixture.ts'

interface Question {
  readonly question: number
  readonly method: keyof Ledger
  readonly args: never
}

/** Starts a member of a group in a process of its own, with the ledger of this one. */
export function forkMember(
  ledger: Ledger,
  of: { address: string; system: string; group: string; topic: string },
): ChildProcess {
  const script = new URL('member-process.test.fixture.ts', import.meta.url)
  const child = fork(script, [of.address, of.system, of.group, of.topic], { serialization: 'advanced' })
  child.on('message', async ({ question, method, args }: Question) => {
    const answer = await (ledger[method] as (...args: never[]) => Promise<unknown>)(...(args as never[]))
    if (child.connected) child.send({ question, answer })
  })
  return child
}
