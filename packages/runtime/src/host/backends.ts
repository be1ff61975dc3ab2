import type { FastifyInstance, preParsingHookHandler } from 'fastify'
import type { Clock, Codec, Log, ServiceDef, Store, SystemDef, Telemetry } from '@waybill/core'
import type { Place } from '../http/front-page.ts'
import type { HeartbeatStore } from '../outside/heartbeats.ts'

/** What a host stands on. The runtime knows no database and no schema registry: whoever starts it gives them. */
export interface Backends {
  readonly heartbeats: HeartbeatStore
  /** Whether other processes may work on the same stores at the same time: then they divide the work. */
  readonly shared: boolean
  /**
   * Called before anything of a system is read: refuses another log than the one that its saved positions belong to, and
   * a system that lacks a service which has data.
   * @param name of the application
   * @throws LOG_CHANGED, DEFINITION_CHANGED
   */
  readonly check?: (name: string, system: SystemDef) => Promise<void>
  /** The store of one service; the host opens and closes it. */
  store(system: string, service: string): Store
  /** How the payloads of a system's events are written. */
  codec(system: SystemDef): Promise<Codec>
  /** The log between services; without it their stores are the log, which all of them read. */
  readonly log?: (options: {
    system: SystemDef
    /** Those that run in this process: it publishes their events. */
    services: readonly ServiceDef[]
    stores: ReadonlyMap<string, Store>
    clock: Clock
    /** How busy this process is, from 0 to 1. */
    busy: () => number
    telemetry: Telemetry
  }) => Promise<{ readonly log: Log; close(): Promise<void> }>
  /**
   * More of the admin port: routes that everyone may read who reaches it.
   * @param mayWrite for those that change something: lets everyone pass in a demo for this machine alone, else administrators
   * @returns what the page of that port shows of them
   */
  readonly adminRoutes?: (http: FastifyInstance, mayWrite: preParsingHookHandler) => Promise<readonly Place[]>
  /** Whether all that is behind answers now. */
  ready(): Promise<boolean>
  /** Called once, after all stores are closed. */
  close(): Promise<void>
}
