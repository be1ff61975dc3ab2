import { cooperativeStickyAssigner, type GroupPartitionsAssigner } from '@platformatic/kafka'
import { nameOf } from './reading.ts'

type Members = Parameters<GroupPartitionsAssigner>[1]
type Metadata = Parameters<GroupPartitionsAssigner>[3]

interface Place {
  readonly topic: string
  readonly partition: number
}

/**
 * How a group divides its partitions. Those with the same number go together, whatever their topic: a service's topics
 * share their keys, so each of its processes has all that happens to an entity, and all have equally much to do. (Kafka
 * Streams divides its tasks so; the client's own way gives whole topics to one member.)
 *
 * As few as possible change hands, and those that do are given to nobody until their member has let them go: it asks
 * again then (KIP-429).
 *
 * Where there are more members than numbers, some would have nothing: then the partitions go one by one.
 */
export const assignPartitions: GroupPartitionsAssigner = (current, members, topics, metadata) => {
  const places = placesOf(members, topics, metadata)
  const count = Math.max(0, ...places.map(({ partition }) => partition + 1))
  if (count < members.size) return cooperativeStickyAssigner(current, members, topics, metadata)
  const claims = claimsOf(members)
  const owners = ownersOf(members, { count, places, claims })
  const given = new Map([...members.keys()].map((id) => [id, new Map<string, number[]>()]))
  for (const place of places) {
    const id = memberFor(place, owners, members)
    const isInOthersHand = [...(claims.get(nameOf(place)) ?? [])].some((claimant) => claimant !== id)
    if (isInOthersHand) continue
    const own = given.get(id)!
    own.set(place.topic, [...(own.get(place.topic) ?? []), place.partition])
  }
  return [...given].map(([memberId, own]) => ({
    memberId,
    assignments: new Map([...own].map(([topic, partitions]) => [topic, { topic, partitions }])),
  }))
}

/** All that somebody wants. */
function placesOf(members: Members, topics: ReadonlySet<string>, metadata: Metadata): readonly Place[] {
  const wanted = [...topics].filter((topic) => [...members.values()].some((member) => wants(member, topic)))
  return wanted.toSorted().flatMap((topic) => {
    const count = metadata.topics.get(topic)?.partitionsCount ?? 0
    return Array.from({ length: count }, (_, partition) => ({ topic, partition }))
  })
}

/** Who says that a partition is theirs. What a member knows from an earlier generation is out of date. */
function claimsOf(members: Members): ReadonlyMap<string, ReadonlySet<string>> {
  const generations = [...members.values()].map(({ generationId }) => generationId ?? -1)
  const latest = Math.max(...generations)
  const claims = new Map<string, Set<string>>()
  for (const [id, { generationId, ownedPartitions }] of members) {
    if ((generationId ?? -1) < latest) continue
    for (const { topic, partitions } of ownedPartitions ?? []) {
      for (const partition of partitions) {
        const name = nameOf({ topic, partition })
        claims.set(name, (claims.get(name) ?? new Set()).add(id))
      }
    }
  }
  return claims
}

/** The member for each number of a partition: the one that has most of it, as long as it has no more numbers than others. */
function ownersOf(
  members: Members,
  {
    count,
    places,
    claims,
  }: {
    readonly count: number
    readonly places: readonly Place[]
    readonly claims: ReadonlyMap<string, ReadonlySet<string>>
  },
): readonly string[] {
  const numbers = new Map([...members.keys()].toSorted().map((id) => [id, new Set<number>()]))
  const most = Math.ceil(count / members.size)
  const least = Math.floor(count / members.size)
  const left: number[] = []
  for (let number = 0; number < count; number += 1) {
    const owner = mostOf(
      places
        .filter(({ partition }) => partition === number)
        .flatMap((place) => [...(claims.get(nameOf(place)) ?? [])])
        .filter((id) => numbers.get(id)!.size < most),
    )
    if (owner === undefined) left.push(number)
    else numbers.get(owner)!.add(number)
  }
  const fewest = (): [string, Set<number>] =>
    [...numbers].reduce((one, other) => (other[1].size < one[1].size ? other : one))
  for (const number of left) fewest()[1].add(number)
  for (let [, own] = fewest(); own.size < least; [, own] = fewest()) {
    const [, from] = [...numbers].reduce((one, other) => (other[1].size > one[1].size ? other : one))
    const number = Math.max(...from)
    from.delete(number)
    own.add(number)
  }
  const owners: string[] = []
  for (const [id, own] of numbers) for (const number of own) owners[number] = id
  return owners
}

/** The owner of its number; or, of a topic that it does not read (yet), one that does. */
function memberFor({ topic, partition }: Place, owners: readonly string[], members: Members): string {
  const owner = owners[partition]!
  if (wants(members.get(owner)!, topic)) return owner
  const readers = [...members.keys()].filter((id) => wants(members.get(id)!, topic)).toSorted()
  return readers[partition % readers.length]!
}

function mostOf(ids: readonly string[]): string | undefined {
  const counts = [...Map.groupBy(ids, (id) => id)].map(([id, all]) => ({ id, count: all.length }))
  return counts.toSorted((a, b) => b.count - a.count || (a.id < b.id ? -1 : 1))[0]?.id
}

function wants({ topics }: { readonly topics?: readonly string[] }, topic: string): boolean {
  return topics?.includes(topic) ?? false
}
