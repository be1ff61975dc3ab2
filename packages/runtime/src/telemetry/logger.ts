import { type Logger, pino } from 'pino'

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
    json ? sink : { write: (line: string) => sink.write(readable(line)) },
  )
}

/** `10:31:02 warn  event set aside service=payment code=EFFECT_FAILED` */
function readable(line: string): string {
  const { time, level, msg, err, ...rest } = JSON.parse(line) as Record<string, any>
  const fields = Object.entries(rest).map(
    ([name, value]) => `${name}=${typeof value === 'string' ? value : JSON.stringify(value)}`,
  )
  const head = onOneLine([time.slice(11, 19), level.padEnd(5), msg, ...fields].join(' '))
  return err === undefined ? `${head}\n` : `${head}\n  ${err.stack ?? err.message}\n`
}

/** What came from outside may hold anything: it must not begin a line of its own, nor steer a terminal. */
function onOneLine(text: string): string {
  return text.replaceAll(
    /[\p{Cc}\p{Zl}\p{Zp}]/gu,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  )
}
