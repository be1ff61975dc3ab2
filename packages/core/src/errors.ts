/**
 * What a failure means for whoever meets it.
 * `retryable`: the same may work later. `terminal`: it never will; the event goes to the dead letters.
 * `bug`: an invariant is broken: stop, do not guess.
 */
export type ErrorFamily = 'retryable' | 'terminal' | 'bug'

/** Every code that Waybill itself raises: its family, and what to do about it. */
export const catalogue = {
  SYSTEM_INVALID: { family: 'bug', help: 'Mend every fault that the message lists; each names its place.' },
  INVARIANT_BROKEN: { family: 'bug', help: 'This is a defect in Waybill: report it with the message.' },
  STORE_UNAVAILABLE: {
    family: 'retryable',
    help: 'The database does not answer. Work goes on by itself when it is back.',
  },
  REGISTRY_UNAVAILABLE: {
    family: 'retryable',
    help: 'The schema registry does not answer, or not as one. See the cause; it is asked again by itself.',
  },
  LOG_UNAVAILABLE: {
    family: 'retryable',
    help: 'Kafka does not answer, or not as one. See the message; it is asked again by itself.',
  },
  BATCH_CONFLICT: {
    family: 'retryable',
    help: 'Another process changed the same entities first. The batch is decided anew by itself.',
  },
  OFFSETS_LOST: {
    family: 'retryable',
    help: 'Another process handles this partition now. This one has written nothing and starts from the saved position.',
  },
  OVERLOADED: {
    family: 'retryable',
    help: 'The queue of commands is full. Send fewer, or retry after a while.',
  },
  STOPPING: { family: 'retryable', help: 'The process is shutting down. Retry: another one answers.' },
  EFFECT_FAILED: {
    family: 'retryable',
    help: 'The outside world failed or was too slow. See the cause; it is tried again by itself.',
  },
  SERVICE_UNAVAILABLE: {
    family: 'retryable',
    help: 'No instance of the service answers. Start one, or wait until it is back; what it must handle waits for it.',
  },
  CALL_INVALID: {
    family: 'terminal',
    help: 'Another process was called for what it does not have or does not take. Run the same version of the system in all processes.',
  },
  ASK_FAILED: {
    family: 'retryable',
    help: 'Another service did not answer a query in time, or its circuit breaker is open.',
  },
  DECIDE_FAILED: {
    family: 'retryable',
    help: 'A decide, evolve or projection threw. Mend the code: the event waits with its key and is tried again.',
  },
  KEY_INVALID: {
    family: 'retryable',
    help: 'A key or an id was no string and no integer, or a text with half a character. Mend the field or the function that the message names.',
  },
  UNKNOWN_EVENT: {
    family: 'terminal',
    help: 'No service of the system declares an event of this type. It is tried again when one does.',
  },
  EVENT_MISPLACED: {
    family: 'terminal',
    help: 'The event is not on the topic, or not from the service, that the system declares for its type. Mend or stop its sender.',
  },
  LIMIT_EXCEEDED: {
    family: 'retryable',
    help: 'Keep keys, payloads and lists of ids within the sizes that the reference lists.',
  },
  LOOKUP_UNDECLARED: {
    family: 'bug',
    help: 'Declare an index of the view that has just the fields of the look-up: without one it would read every row.',
  },
  LOG_CHANGED: {
    family: 'bug',
    help: 'Carry the positions over with `waybill log move`, or set WAYBILL_LOG back to what it was.',
  },
  DEFINITION_CHANGED: {
    family: 'bug',
    help: 'Give back its name to what was renamed, keep declaring an event that a history holds, and make a new field of a row optional. List in `retired` what is gone on purpose.',
  },
  PAYLOAD_UNREADABLE: {
    family: 'terminal',
    help: 'The payload does not fit the schema that it names. Mend its producer.',
  },
  PAYLOAD_INVALID: {
    family: 'retryable',
    help: 'A decide made an event whose payload does not fit its schema. Mend the decide.',
  },
  IDEMPOTENCY_KEY_REUSED: {
    family: 'terminal',
    help: 'This Idempotency-Key was used with another request. Use a new key for a new request.',
  },
  CONFIGURATION_INVALID: { family: 'bug', help: 'Mend every variable that the message lists.' },
  SCHEMA_INCOMPATIBLE: {
    family: 'bug',
    help: 'Old events could not be read with the new schema. Give new fields a default and keep the old ones.',
  },
  MIGRATION_FAILED: {
    family: 'bug',
    help: 'The database schema could not be brought up to date. See the cause.',
  },
  DATA_FOLDER_IN_USE: {
    family: 'bug',
    help: 'Another process has this data folder open. Stop it, or set WAYBILL_DATA to another folder.',
  },
  DATA_FOLDER_OPEN: {
    family: 'bug',
    help: 'Have the user that runs the process own it, chmod 700, or set WAYBILL_DATA to another folder.',
  },
} as const satisfies Record<string, { family: ErrorFamily; help: string }>

export type ErrorCode = keyof typeof catalogue

/** An error of the catalogue. Recognise it by `code`, not by its class. */
export class WaybillError extends Error {
  readonly code: ErrorCode
  readonly family: ErrorFamily
  /** What to do about it. */
  readonly help: string

  constructor(code: ErrorCode, message: string, options: { cause?: unknown } = {}) {
    super(message, options)
    this.name = 'WaybillError'
    this.code = code
    this.family = catalogue[code].family
    this.help = catalogue[code].help
  }
}

/** Whether the same will never work. */
export function isTerminal(error: unknown): boolean {
  return error instanceof WaybillError && error.family === 'terminal'
}

export function hasCode(error: unknown, code: ErrorCode): boolean {
  return error instanceof Error && 'code' in error && error.code === code
}

/** Whether a word that came from outside is a code of the catalogue. */
export function isErrorCode(code: unknown): code is ErrorCode {
  return typeof code === 'string' && Object.hasOwn(catalogue, code)
}

/** Checks what can only be false through a defect of Waybill. On in production. */
export function invariant(holds: boolean, what: string): asserts holds {
  if (!holds) throw new WaybillError('INVARIANT_BROKEN', what)
}

/** Any thrown value as one line. What an AggregateError has to say is in its parts: its own message may be empty. */
export function messageOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  const parts = error instanceof AggregateError ? error.errors.map(messageOf) : []
  return [error.message, ...parts].filter((part) => part !== '').join(': ')
}
