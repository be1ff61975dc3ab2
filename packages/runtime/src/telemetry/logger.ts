import { type Logger, pino } from 'pino'
import { printable } from './printable.ts'

/** Fields that hold a secret wherever they appear in a log line, up to three levels deep. */
const secretFields = [
  'accessToken',
  'authorization',
  'cookie',
  'jwtSecret',
  'password',
  'paymentToken',
  'refreshToken',
  'secret',
  'ticket',
  'token',
]

/** Where log lines go; standard output by default. */
export interface LogSink {
  write(line: string): void
}

/**
 * The log of a process.
 * @param options.json one JSON object a line, for machines; else a readable line
 */
export function createLogger({ json, sink = process.stdout }: { json: boolean; sink?: LogSink }): Logger {
  return pino(
    {
      level: 'info',
      base: null,
      timestamp: pino.stdTimeFunctions.isoTime,
      redact: secretFields.flatMap((field) => [field, `*.${field}`, `*.*.${field}`]),
      formatters: { level: (label) => ({ level: label }) },
    },
    // Each line ends with the one line break that is ours.
    { write: (line: string) => sink.write(json ? `${printable(line.trimEnd())}\n` : readable(line)) },
  )
}

/** What others have sent may be in every part of it, so nothing is printed as it is. `10:31:02 warn  event set aside service=payment code=EFFECT_FAILED` */
function readable(line: string): string {
  const { time, level, msg, err, ...rest } = JSON.parse(line) as Record<string, any>
  const fields = Object.entries(rest).map(
    ([name, value]) => `${name}=${typeof value === 'string' ? value : JSON.stringify(value)}`,
  )
  const head = printable([time.slice(11, 19), level.padEnd(5), msg, ...fields].join(' '))
  if (err === undefined) return `${head}\n`
  // An error's message may have lines, too: each is set in, as those of the stack are, so that none passes for a log line.
  const [first = '', ...more] = String(err.stack ?? err.message).split('\n')
  return [head, `  ${printable(first)}`, ...more.map((text) => `    ${printable(text.trim())}`), ''].join(
    '\n',
  )
}
