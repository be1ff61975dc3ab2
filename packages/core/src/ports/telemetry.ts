import type { Parked } from './store.ts'

/** What the engine reports; the runtime makes metrics and log lines of it. */
export interface Telemetry {
  /** A batch was committed. */
  batch(report: {
    readonly service: string
    readonly commands: number
    readonly messages: number
    readonly events: readonly { readonly type: string; readonly correlationId: string; readonly at: number }[]
    readonly durationMs: number
  }): void
  /** An event was set aside because it failed. */
  parked(report: { readonly service: string; readonly parked: Parked; readonly cause: unknown }): void
  /**
   * Nothing more of a partition is handled, as it needs somebody; the rest goes on. A `cause` of undefined: it goes on
   * again.
   */
  halted(report: {
    readonly service: string
    readonly source: string
    readonly partition: number
    readonly cause: unknown
  }): void
  /** Something failed that changes nothing of what is stored: who listens to committed events, say. */
  failed(report: { readonly service: string; readonly what: string; readonly cause: unknown }): void
  /** A batch could not be committed and is tried again. */
  retried(report: { readonly service: string; readonly cause: unknown; readonly delayMs: number }): void
}

export const noTelemetry: Telemetry = {
  batch: () => {},
  parked: () => {},
  halted: () => {},
  failed: () => {},
  retried: () => {},
}
