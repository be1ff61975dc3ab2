import { type KafkaServer, startKafkaWith } from './kafka.ts'
import { freePort } from './free-port.ts'
import { makeAuthority, type Pair } from './authority.ts'
import type { StartOptions } from './restartable.ts'

/** An Apache Kafka that asks who comes, over TLS, with certificates of an authority that was made for it alone. */
export interface SecureKafka extends KafkaServer {
  /** The authority's certificate, as PEM. */
  readonly ca: string
  /** Where it asks for a certificate of the authority, and for no password. */
  readonly mutual: { readonly address: string; readonly client: Pair }
  /** The same broker where it asks for nothing, without TLS. */
  readonly plainAddress: string
}

const scram = ['SCRAM-SHA-256', 'SCRAM-SHA-512']
const modules = 'org.apache.kafka.common.security'

/**
 * Starts Apache Kafka with TLS, for users with a password: by SCRAM-SHA-256, SCRAM-SHA-512 and PLAIN.
 * @param options.users passwords by name
 * @throws MissingTool without Java 17 or Maven
 */
export async function startSecureKafka({
  users,
  ...how
}: StartOptions & { users: Readonly<Record<string, string>> }): Promise<SecureKafka> {
  const authority = await makeAuthority()
  const server = await authority.issue('127.0.0.1')
  const client = await authority.issue('client')
  const [plainPort, mutualPort] = [await freePort(), await freePort()]
  const names = Object.entries(users)
  const kafka = await startKafkaWith(how, {
    protocol: 'SASL_SSL',
    others: { PLAINTEXT: plainPort, SSL: mutualPort },
    format: names.flatMap(([name, password]) =>
      scram.flatMap((mechanism) => ['--add-scram', `${mechanism}=[name=${name},password=${password}]`]),
    ),
    settings: {
      'listener.security.protocol.map': 'CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT,SSL:SSL,SASL_SSL:SASL_SSL',
      'sasl.enabled.mechanisms': [...scram, 'PLAIN'].join(),
      'listener.name.sasl_ssl.scram-sha-256.sasl.jaas.config': `${modules}.scram.ScramLoginModule required;`,
      'listener.name.sasl_ssl.scram-sha-512.sasl.jaas.config': `${modules}.scram.ScramLoginModule required;`,
      'listener.name.sasl_ssl.plain.sasl.jaas.config': `${modules}.plain.PlainLoginModule required ${names
        .map(([name, password]) => `user_${name}="${password}"`)
        .join(' ')};`,
      'listener.name.ssl.ssl.client.auth': 'required',
      'ssl.keystore.type': 'PEM',
      'ssl.keystore.key': server.key,
      'ssl.keystore.certificate.chain': server.cert,
      'ssl.truststore.type': 'PEM',
      'ssl.truststore.certificates': authority.ca,
    },
  })
  return Object.assign(kafka, {
    ca: authority.ca,
    mutual: { address: `127.0.0.1:${mutualPort}`, client },
    plainAddress: `127.0.0.1:${plainPort}`,
  })
}
