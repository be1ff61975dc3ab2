import { generate } from 'selfsigned'

/** A certificate and its key, as PEM. */
export interface Pair {
  readonly cert: string
  readonly key: string
}

/** Who vouches for servers and clients on this machine. */
export interface Authority {
  /** Its own certificate, as PEM: who trusts it trusts all that it has issued. */
  readonly ca: string
  /** Vouches for somebody who is reached at the loopback address. */
  issue(name: string): Promise<Pair>
}

/** Makes an authority that nobody else trusts. */
export async function makeAuthority(): Promise<Authority> {
  const own = await generate([{ name: 'commonName', value: 'Waybill test authority' }], {
    keyType: 'ec',
    algorithm: 'sha256',
    extensions: [
      { name: 'basicConstraints', cA: true, critical: true },
      { name: 'keyUsage', keyCertSign: true, cRLSign: true, critical: true },
    ],
  })
  return {
    ca: own.cert,
    async issue(name) {
      const { cert, private: key } = await generate([{ name: 'commonName', value: name }], {
        keyType: 'ec',
        algorithm: 'sha256',
        ca: { cert: own.cert, key: own.private },
        extensions: [
          { name: 'basicConstraints', cA: false },
          { name: 'extKeyUsage', serverAuth: true, clientAuth: true },
          { name: 'subjectAltName', altNames: [{ type: 7, ip: '127.0.0.1' }] },
        ],
      })
      return { cert, key }
    },
  }
}
