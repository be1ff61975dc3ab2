import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import type { Ledger } from './ledger.test.fixture.ts'

/** A process that can be a member of a group. */
export interface MemberProcess {
  /** Joins, reads and writes into the ledger from now on. */
  join(): void
  signal(signal: 'SIGSTOP' | 'SIGCONT'): void
  /** Resolves when it is gone. */
  kill(): Promise<void>
}

interface Question {
  readonly question: number
  readonly method: keyof Ledger
  readonly args: never
}

/**
 * Starts a process whose ledger is in this one.
 * @param of.instance its name in the group
 */
export async function forkMember(
  ledger: Ledger,
  of: { address: string; system: string; group: string; topic: string; instance: string },
): Promise<MemberProcess> {
  const script = new URL('member-process.test.fixture.ts', import.meta.url)
  const args = [of.address, of.system, of.group, of.topic, of.instance]
  const child: ChildProcess = fork(script, args, { serialization: 'advanced' })
  await once(child, 'message')
  child.on('message', async ({ question, method, args: given }: Question) => {
    const answer = await (ledger[method] as (...given: never[]) => Promise<unknown>)(...(given as never[]))
    if (child.connected) child.send({ question, answer })
  })
  const gone = once(child, 'exit')
  return {
    join: () => void child.send('join'),
    signal: (signal) => void child.kill(signal),
    kill: async () => {
      child.kill('SIGKILL')
      await gone
    },
  }
}
