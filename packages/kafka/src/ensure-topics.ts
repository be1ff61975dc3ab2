import { setTimeout as pause } from 'node:timers/promises'
import { type Admin, ConfigResourceTypes, findErrorBy } from '@platformatic/kafka'
import type { TopicDef } from '@waybill/core'

/** A setting of a topic that is not as it is declared. */
export interface TopicDifference {
  readonly topic: string
  /** `partitions`, or the name of one of Kafka's topic settings. */
  readonly setting: string
  readonly declared: string
  readonly found: string
}

const patienceMs = 10_000
const lookEveryMs = 100
const dayMs = 24 * 60 * 60 * 1_000

/**
 * Creates the topics that are missing, replicated as the brokers do by default. Those that exist are left as they are:
 * more partitions would move keys, less retention would delete events. That is for a person to decide.
 * @returns how existing ones differ from what is declared
 */
export async function ensureTopics(
  admin: Admin,
  topics: readonly TopicDef[],
): Promise<readonly TopicDifference[]> {
  const existing = new Set(await admin.listTopics())
  await Promise.all(
    topics.filter(({ name }) => !existing.has(name)).map((missing) => createTopic(admin, missing)),
  )
  return differences(admin, topics, await partitionsOf(admin, topics))
}

async function createTopic(admin: Admin, topic: TopicDef): Promise<void> {
  const { name, partitions } = topic
  const configs = Object.entries(settingsOf(topic)).map(([setting, value]) => ({ name: setting, value }))
  await admin.createTopics({ topics: [name], partitions, configs }).catch((cause: Error) => {
    // Another process was quicker.
    if (findErrorBy(cause, 'apiId', 'TOPIC_ALREADY_EXISTS') === null) throw cause
  })
}

/** Kafka's own default; room for the largest payload, and for a request of many (`requestBytesMax`) … */
const batchBytes = 1024 * 1024 + 12
/** … as is this. More does no harm: somebody may have had a reason. */
const batchBytesMin = 1_000_000
const batchBytesSetting = 'max.message.bytes'

function settingsOf({ retentionDays }: Pick<TopicDef, 'retentionDays'>): Readonly<Record<string, string>> {
  return {
    'cleanup.policy': 'delete',
    'retention.ms': String(retentionDays * dayMs),
    'compression.type': 'producer',
    [batchBytesSetting]: String(batchBytes),
  }
}

/** How many partitions the topics have. Brokers hear of a new topic a moment after it is created. */
async function partitionsOf(admin: Admin, topics: readonly TopicDef[]): Promise<ReadonlyMap<string, number>> {
  const names = topics.map(({ name }) => name)
  for (const until = performance.now() + patienceMs; ;) {
    try {
      const { topics: found } = await admin.metadata({ topics: names, forceUpdate: true })
      return new Map([...found].map(([name, { partitionsCount }]) => [name, partitionsCount]))
    } catch (cause) {
      if (performance.now() > until) throw cause
      await pause(lookEveryMs)
    }
  }
}

function isFit(setting: string, declared: string, found: string | undefined): boolean {
  return found === declared || (setting === batchBytesSetting && Number(found) >= batchBytesMin)
}

async function differences(
  admin: Admin,
  topics: readonly TopicDef[],
  partitions: ReadonlyMap<string, number>,
): Promise<TopicDifference[]> {
  const descriptions = await admin.describeConfigs({
    resources: topics.map((topic) => ({
      resourceType: ConfigResourceTypes.TOPIC,
      resourceName: topic.name,
      configurationKeys: Object.keys(settingsOf(topic)),
    })),
  })
  return topics.flatMap((topic) => {
    const { configs } = descriptions.find(({ resourceName }) => resourceName === topic.name)!
    const found = new Map(configs.map(({ name, value }) => [name, value ?? '']))
    found.set('partitions', String(partitions.get(topic.name)))
    return Object.entries({ partitions: String(topic.partitions), ...settingsOf(topic) })
      .filter(([setting, declared]) => !isFit(setting, declared, found.get(setting)))
      .map(([setting, declared]) => ({
        topic: topic.name,
        setting,
        declared,
        found: found.get(setting) ?? '',
      }))
  })
}
