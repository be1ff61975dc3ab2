/** The CloudEvents source of what a service publishes: `/waybill/shop/order`. */
export function sourceOf(system: string, service: string): string {
  return `/waybill/${system}/${service}`
}

/** What may be the name of a service: nothing else gets into queues, logs and messages. */
const serviceName = /^[a-z][a-z0-9-]{0,99}$/

/** The service whose source it is; `''`: it is of none of this system's. */
export function producerOf(system: string, source: string | undefined): string {
  const begin = sourceOf(system, '')
  const name = source?.startsWith(begin) ? source.slice(begin.length) : ''
  return serviceName.test(name) ? name : ''
}
