import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { assignPartitions } from './assign-partitions.ts'

interface Member {
  readonly topics?: readonly string[]
  readonly owned?: Readonly<Record<string, readonly number[]>> | undefined
  readonly generation?: number
}

type Given = Partial<Record<'orders' | 'payments' | 'refunds', readonly number[]>>

const all = [0, 1, 2, 3, 4, 5, 6, 7]

describe('A group divides its partitions', () => {
  it('by their numbers, so that each member has the same keys of all topics', () => {
    assert.deepEqual(assign({ a: {}, b: {} }), {
      a: { orders: [0, 2, 4, 6], payments: [0, 2, 4, 6] },
      b: { orders: [1, 3, 5, 7], payments: [1, 3, 5, 7] },
    })
  })

  it('so that nobody has two numbers more than another', () => {
    for (let count = 1; count <= 8; count += 1) {
      const members = Object.fromEntries(Array.from({ length: count }, (_, n) => [`m${n}`, {}]))
      const sizes = Object.values(assign(members)).map(({ orders = [] }) => orders.length)
      assert.ok(Math.max(...sizes) - Math.min(...sizes) <= 1, sizes.join())
      assert.equal(
        sizes.reduce((a, b) => a + b, 0),
        8,
      )
    }
  })

  it('one by one where there are more members than numbers', () => {
    const found = assign({ a: {}, b: {}, c: {} }, { orders: 2, payments: 2 })
    const counts = Object.values(found).map(
      ({ orders = [], payments = [] }) => orders.length + payments.length,
    )
    assert.deepEqual(
      counts.toSorted((a, b) => a - b),
      [1, 1, 2],
    )
  })

  it('leaves with each what it has; what is to go to a newcomer nobody has until it is let go', () => {
    const before = { orders: all, payments: all }
    const first = assign({ a: { owned: before, generation: 1 }, b: {} })
    assert.deepEqual(first, { a: { orders: [0, 1, 2, 3], payments: [0, 1, 2, 3] }, b: {} })
    const second = assign({ a: { owned: first.a, generation: 2 }, b: { generation: 2 } })
    assert.deepEqual(second, { a: first.a, b: { orders: [4, 5, 6, 7], payments: [4, 5, 6, 7] } })
    const third = assign({
      a: { owned: second.a, generation: 3 },
      b: { owned: second.b, generation: 3 },
    })
    assert.deepEqual(third, second)
  })

  it('gives what a member leaves behind to those who have least', () => {
    const owned = (...numbers: number[]) => ({ owned: { orders: numbers, payments: numbers }, generation: 1 })
    assert.deepEqual(assign({ a: owned(0, 1, 2), b: owned(3, 4) }), {
      a: { orders: [0, 1, 2, 6], payments: [0, 1, 2, 6] },
      b: { orders: [3, 4, 5, 7], payments: [3, 4, 5, 7] },
    })
  })

  it('brings whole topics that one member had together by their numbers', () => {
    const first = assign({
      a: { owned: { orders: all }, generation: 1 },
      b: { owned: { payments: all }, generation: 1 },
    })
    const second = assign({ a: { owned: first.a, generation: 2 }, b: { owned: first.b, generation: 2 } })
    assert.deepEqual(second.a!.orders, second.a!.payments)
    assert.deepEqual(second.b!.orders, second.b!.payments)
    assert.equal(second.a!.orders!.length, 4)
  })

  it('gives nothing to anybody that two believe to have, until only one does', () => {
    const both = { owned: { orders: [0] }, generation: 3 }
    assert.deepEqual(assign({ a: both, b: both }, { orders: 1 }), { a: {}, b: {} })
    assert.deepEqual(assign({ a: both, b: { generation: 3 } }, { orders: 1 }), {
      a: { orders: [0] },
      b: {},
    })
  })

  it('takes no word from a member that has missed a division', () => {
    const late = { owned: { orders: all, payments: all }, generation: 1 }
    const present = { owned: { orders: all, payments: all }, generation: 2 }
    assert.deepEqual(assign({ late, present }).present, {
      orders: [0, 1, 2, 3],
      payments: [0, 1, 2, 3],
    })
    assert.deepEqual(assign({ late, present }).late, {})
  })

  it('gives a topic only to those who read it, and all of it', () => {
    const newer = { topics: ['orders', 'payments', 'refunds'] }
    const found = assign({ a: {}, b: newer, c: newer }, { orders: 8, payments: 8, refunds: 8 })
    assert.equal(found.a!.refunds, undefined)
    assert.deepEqual(
      [...found.b!.refunds!, ...found.c!.refunds!].toSorted((a, b) => a - b),
      all,
    )
  })

  it('takes topics of different sizes', () => {
    const found = assign({ a: {}, b: {} }, { orders: 8, payments: 3 })
    assert.deepEqual(found, {
      a: { orders: [0, 2, 4, 6], payments: [0, 2] },
      b: { orders: [1, 3, 5, 7], payments: [1] },
    })
  })
})

/** What each member is given, by topic. */
function assign(
  members: Readonly<Record<string, Member>>,
  topics: Readonly<Record<string, number>> = { orders: 8, payments: 8 },
): Partial<Record<'a' | 'b' | 'c' | 'late' | 'present', Given>> {
  const known = Object.entries(members).map(([memberId, { topics: wanted, owned = {}, generation = -1 }]) => {
    const ownedPartitions = Object.entries(owned).map(([topic, numbers]) => ({
      topic,
      partitions: [...numbers],
    }))
    const subscription = {
      memberId,
      version: 3,
      topics: [...(wanted ?? ['orders', 'payments'])],
      ownedPartitions,
      generationId: generation,
    }
    return [memberId, subscription] as const
  })
  const metadata = {
    topics: new Map(
      Object.entries(topics).map(([topic, partitionsCount]) => [topic, { partitionsCount }] as const),
    ),
  }
  const found = assignPartitions('a', new Map(known), new Set(Object.keys(topics)), metadata as never)
  return Object.fromEntries(
    found.map(({ memberId, assignments }) => [
      memberId,
      Object.fromEntries([...assignments.values()].map(({ topic, partitions }) => [topic, partitions])),
    ]),
  )
}
