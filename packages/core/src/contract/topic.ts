/** A topic: an ordered log per key. */
export interface TopicDef {
  readonly name: string
  /** How many partitions it has on Kafka. Never changed by Waybill: it decides which key lives where. */
  readonly partitions: number
  /** How long its events are kept there. */
  readonly retentionDays: number
}

/** Declares a topic with settings of its own. Defaults: 8 partitions, 30 days. */
export function topic(
  name: string,
  settings: { partitions?: number; retentionDays?: number } = {},
): TopicDef {
  return {
    name,
    partitions: settings.partitions ?? 8,
    retentionDays: settings.retentionDays ?? 30,
  }
}
