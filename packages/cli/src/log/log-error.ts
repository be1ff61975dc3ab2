import { messageOf, WaybillError } from '@waybill/core'
import type { KafkaAddress } from '../kafka-connection.ts'

/** What the client throws, with what it says about it. */
interface Problem {
  readonly message: string
  readonly code?: unknown
  /** Kafka's name of an error that a broker has answered with. */
  readonly apiId?: unknown
}

/** How Node and OpenSSL name what is wrong with a certificate. */
const distrust = /^(CERT_|UNABLE_TO_|DEPTH_ZERO_|SELF_SIGNED_|HOSTNAME_MISMATCH|ERR_TLS_CERT_)/

/**
 * What a Kafka client has thrown, as an error of the catalogue that says what to do: what may pass is LOG_UNAVAILABLE, what
 * will not CONFIGURATION_INVALID. All else stays as it is.
 */
export function asLogError(error: unknown, address: KafkaAddress): unknown {
  const problems = [...problemsIn(error)]
  const invalid = whyNever(problems, address)
  if (invalid !== undefined) return new WaybillError('CONFIGURATION_INVALID', invalid)
  if (!problems.some(({ code }) => code === 'PLT_KFK_NETWORK')) return error
  return new WaybillError('LOG_UNAVAILABLE', whyNotNow(problems, address))
}

function whyNever(problems: readonly Problem[], address: KafkaAddress): string | undefined {
  const { sasl } = address.security
  const kafka = nameOf(address)
  const ids = new Set(problems.map(({ apiId }) => String(apiId)))
  if (ids.has('SASL_AUTHENTICATION_FAILED')) {
    return `${kafka} does not let '${sasl?.username}' in with this password: mend WAYBILL_KAFKA_USER or WAYBILL_KAFKA_PASSWORD.`
  }
  if (ids.has('UNSUPPORTED_SASL_MECHANISM')) {
    return `${kafka} does not take ${sasl?.mechanism}: set WAYBILL_KAFKA_SASL to what it takes.`
  }
  if (ids.has('ILLEGAL_SASL_STATE')) {
    return `${kafka} takes no user at this port: name another port in WAYBILL_LOG, or remove WAYBILL_KAFKA_USER.`
  }
  const forbidden = [...ids].find((id) => id.endsWith('_AUTHORIZATION_FAILED'))
  if (forbidden !== undefined) {
    const who = sasl === undefined ? 'this process' : `'${sasl.username}'`
    return `${kafka} does not allow ${who} what it must do (${forbidden}): give it the rights, or set WAYBILL_KAFKA_USER to who has them.`
  }
  if (problems.some(({ message }) => message === 'Broker requires TLS.')) {
    return `${kafka} takes TLS only at this port: WAYBILL_LOG must begin with kafka+tls://.`
  }
  if (problems.some(({ code }) => code === 'ERR_SSL_WRONG_VERSION_NUMBER')) {
    return `${kafka} does not speak TLS at this port: name another port in WAYBILL_LOG.`
  }
  const distrusted = problems.find(({ code }) => distrust.test(String(code)))
  if (distrusted !== undefined) {
    const [reason] = distrusted.message.split('; if the root CA')
    return `The certificate of ${kafka} is not to be trusted (${reason}): WAYBILL_KAFKA_CA must name a file with the authority that issued it, and WAYBILL_LOG the host that it was issued for.`
  }
  return undefined
}

/** It may be on its way. What looks the same but stays is said as well. */
function whyNotNow(problems: readonly Problem[], address: KafkaAddress): string {
  const { tls, sasl } = address.security
  const kafka = nameOf(address)
  const last = problems.at(-1)!.message
  if (problems.some(({ message }) => message.startsWith('TLS handshake failed'))) {
    return `${kafka} ends the connection instead of speaking TLS. If it stays so, name a port for TLS in WAYBILL_LOG, or begin it with kafka://.`
  }
  if (last !== 'Connection closed') return `${kafka} does not answer: ${last}`
  const wants = [
    ...(tls === undefined ? ['TLS (kafka+tls:// in WAYBILL_LOG)'] : []),
    ...(sasl === undefined ? ['a user (WAYBILL_KAFKA_USER, WAYBILL_KAFKA_PASSWORD)'] : []),
    ...(tls !== undefined && tls.cert === undefined
      ? ['a certificate (WAYBILL_KAFKA_CERT, WAYBILL_KAFKA_KEY)']
      : []),
  ]
  return `${kafka} ends the connection. If it stays so, it may want ${wants.join(', or ') || 'another port'}.`
}

function nameOf({ brokers }: KafkaAddress): string {
  return `Kafka at ${brokers.join()}`
}

/** An error and all that it stands for, the last attempt's first cause at the end. */
function* problemsIn(error: unknown): Generator<Problem> {
  if (!(error instanceof Error)) return yield { message: messageOf(error) }
  yield error
  if (error instanceof AggregateError) for (const each of error.errors) yield* problemsIn(each)
  if (error.cause !== undefined) yield* problemsIn(error.cause)
}
