/** A running instance of a service. */
export interface Instance {
  readonly service: string
  readonly instanceId: string
  /** Host and process, e.g. `web-1:4711`. */
  readonly address: string
  readonly startedAt: Date
  readonly lastHeartbeatAt: Date
  /** `down` after three missed heartbeats. */
  readonly status: 'up' | 'down'
}

/** Service discovery: who runs where. The host sends the heartbeats; services read. */
export interface Directory {
  instances(): Promise<readonly Instance[]>
}
