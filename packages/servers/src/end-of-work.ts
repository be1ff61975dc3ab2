/** Whoever started this process may be killed: nobody would end it then. */
const lookForParentMs = 500

/**
 * Aborted by a signal that asks this process to end, and when the process that started it is gone. A second Ctrl-C changes
 * nothing: npm sends one, too. Until then this process does not end by itself.
 */
export function endOfWork(): AbortSignal {
  const end = new AbortController()
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => end.abort())
  const parent = process.ppid
  setInterval(() => process.ppid === parent || end.abort(), lookForParentMs)
  return end.signal
}
