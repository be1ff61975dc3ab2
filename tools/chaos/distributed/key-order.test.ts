import assert from 'node:assert/strict'
import { test } from 'node:test'
import { compareOrder, type PublishedEvent } from './key-order.ts'

const committed = ['a1', 'b1', 'a2', 'a3', 'b2'].map(event)

/** `a1` is event 1 of key a, which is in partition 0; `a1@1` the same in another one. */
function event(name: string): PublishedEvent {
  const [id, partition = '0'] = name.split('@') as [string, string?]
  return { id, key: id[0]!, partition: Number(partition) }
}

const compare = (...names: string[]) => compareOrder(committed, names.map(event))

test('keys may be mixed, and what is published again after a crash does no harm', () => {
  assert.deepEqual(compare('b1', 'a1', 'a2', 'a1', 'a2', 'b1', 'b2', 'a3'), {
    records: 8,
    repetitions: 3,
    keys: 2,
    faults: [],
  })
})

for (const [what, names, fault] of [
  [
    'an event that comes before an earlier one of its key',
    ['a1', 'a3', 'a2', 'b1', 'b2'],
    /^key a: event a2/,
  ],
  ['an event that is missing', ['a1', 'a2', 'a3', 'b1'], /^event b2 of key b is missing/],
  ['an event that nobody committed', ['a1', 'a2', 'a3', 'a4', 'b1', 'b2'], /^event a4 of key a was never/],
  ['a key in two partitions', ['a1', 'a2@1', 'a3@1', 'b1', 'b2'], /^key a is in partitions 0 and 1/],
] as const) {
  test(`${what} is found`, () => {
    const { faults } = compare(...names)
    assert.equal(faults.length, 1, faults.join('\n'))
    assert.match(faults[0]!, fault)
  })
}
