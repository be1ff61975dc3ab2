import type { Log } from '../../ports/log.ts'
import type { Telemetry } from '../../ports/telemetry.ts'
import type { Committed } from '../engine.ts'
import type { Commands } from '../intake/commands.ts'
import type { Done } from './transaction.ts'

/**
 * After a commit: tells the log, those who wait, those who listen. Nothing that any of them throws may reach the loop:
 * it would take the batch for one that is not committed, and do it again.
 */
export function teller(options: {
  service: string
  log: Pick<Log, 'committed'>
  commands: Pick<Commands, 'changed'>
  telemetry: Telemetry
  listeners: ReadonlySet<(events: readonly Committed[]) => void>
}): (done: Done) => void {
  const { service, log, commands, telemetry, listeners } = options

  function safely(what: string, work: () => void): void {
    try {
      work()
    } catch (cause) {
      try {
        telemetry.failed({ service, what, cause })
      } catch {
        // Nobody is left to tell.
      }
    }
  }

  function report(done: Done): void {
    for (const { parked, cause } of done.failed) telemetry.parked({ service, parked, cause })
    const sent = done.answers.length + done.failures.length
    telemetry.batch({
      service,
      commands: sent,
      messages: done.count - sent,
      events: done.write.events,
      durationMs: done.durationMs,
    })
  }

  return (done) => {
    const { write, payloads, firstPosition } = done
    for (const { work, answer } of done.answers) work.resolve(answer)
    for (const { work, error } of done.failures) work.reject(error)
    for (const { subject } of write.snapshots) commands.changed(subject)
    const topics = new Set(write.events.flatMap(({ topic }) => topic ?? []))
    if (topics.size > 0) safely('the log', () => log.committed(service, topics))
    safely('telemetry', () => report(done))
    if (listeners.size === 0 || write.events.length === 0) return
    const committed = write.events.map(({ payload, alsoSubjects, ...head }, index) => ({
      ...head,
      data: payloads[index]!,
      position: firstPosition + index,
    }))
    for (const listener of listeners) safely('a listener', () => listener(committed))
  }
}
