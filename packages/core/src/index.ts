export { type Caller, systemCaller } from './contract/caller.ts'
export { command, type CommandDef, type CommandRoute } from './contract/command.ts'
export { type Duration, toMs } from './contract/duration.ts'
export type { EffectIo, EffectLimits, Outcome } from './contract/effect.ts'
export { entity, type EntityDef, type Evolve, type Many, subjectOf } from './contract/entity.ts'
export {
  type Decision,
  type Emitted,
  event,
  type EventDef,
  internal,
  later,
  type PayloadOf,
} from './contract/event.ts'
export { type HandlerDef, on, type Target } from './contract/handler.ts'
export type { KeyField } from './contract/key.ts'
export type { Meta } from './contract/meta.ts'
export { query, type QueryDef } from './contract/query.ts'
export type { Moment, Page, Read, Recorded, Selection } from './contract/read.ts'
export { isRefusal, type Refusal, type RefusalKind, refuse } from './contract/refusal.ts'
export { saga, type SagaDef } from './contract/saga.ts'
export { emittedBy, receivedBy, service, type ServiceDef } from './contract/service.ts'
export { system, type SystemDef, topicsOf } from './contract/system.ts'
export { topic, type TopicDef } from './contract/topic.ts'
export { type Project, type Projection, view, type ViewDef } from './contract/view.ts'
export {
  catalogue,
  type ErrorCode,
  type ErrorFamily,
  hasCode,
  isErrorCode,
  invariant,
  messageOf,
  WaybillError,
} from './errors.ts'
export { sizes } from './limits.ts'
export { frozen } from './frozen.ts'
export { nearest } from './nearest.ts'
export { createEngine, type EngineOptions } from './engine/create-engine.ts'
export { checkHistory } from './engine/history/check-history.ts'
export { storeLog } from './engine/log/store-log.ts'
export { jsonCodec } from './memory/codec.ts'
export { type MemoryData, memoryData, memoryStore } from './memory/store.ts'
export { type Clock, sleep } from './ports/clock.ts'
export type { Codec } from './ports/codec.ts'
export type { Ids } from './ports/ids.ts'
export type { Leases, Part, Sharing } from './ports/leases.ts'
export type { Log, Message, Poll, Subscription } from './ports/log.ts'
export {
  type Deadline,
  type Due,
  type EventHead,
  type Loaded,
  type Need,
  needNothing,
  type NewDeadline,
  type NewEvent,
  type NewReply,
  type Offset,
  type Parked,
  type ParkedEntry,
  type ParkedReason,
  type PublishedPage,
  type QueueChange,
  rowId,
  type RowSelection,
  type Snapshot,
  type Store,
  type StoredEvent,
  type StoredReply,
  type ViewRow,
  type Write,
  writeNothing,
} from './ports/store.ts'
export { noTelemetry, type Telemetry } from './ports/telemetry.ts'
export type { Committed, Engine, ServiceClient, Submission, Submitted } from './engine/engine.ts'
export { checkForm, checkSubjects } from './write-form.ts'
