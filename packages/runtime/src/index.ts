export type { Application, DemoContext, GatewayContext, Outside } from './application.ts'
export { demoAccounts } from './auth/demo.ts'
export { giveAccount } from './auth/give-account.ts'
export { accounts } from './auth/accounts.ts'
export { systemClock } from './clock.ts'
export { type Config, readConfig } from './config/config.ts'
export { isLoopback } from './config/demo-mode.ts'
export type { StoreAddress } from './config/kinds.ts'
export type { KafkaSecurity, LogAddress } from './config/log-address.ts'
export type { RunningApplication } from './host/application.ts'
export type { Backends } from './host/backends.ts'
export type { SocketDescription } from './http/socket.ts'
export { type Host, startHost } from './host/host.ts'
export type { RunningSystem } from './host/running-system.ts'
export { endWithSignals } from './host/signals.ts'
export { createIds, timeOfId } from './ids.ts'
export type { Directory, Instance } from './outside/directory.ts'
export {
  type Beating,
  directoryOf,
  downAfterMs,
  type Heartbeat,
  type HeartbeatStore,
  memoryHeartbeats,
  processesOf,
} from './outside/heartbeats.ts'
export type { BookEntry, Money, PaymentProvider } from './outside/payment-provider.ts'
export { createLogger, type LogSink } from './telemetry/logger.ts'
