import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { type NewEvent, sizes } from '@waybill/core'
import { anEvent } from './an-event.test.fixture.ts'
import { Tail } from './tail.ts'

describe('the tail of a log', () => {
  it('gives what was committed after a position, of the topics that are wanted', () => {
    const tail = new Tail()
    tail.committed(1, events('a', 'b', undefined))
    tail.committed(4, events('a'))
    assert.deepEqual(positions(tail, 0, ['a']), { found: [1, 4], upTo: 4, atEnd: true })
    assert.deepEqual(positions(tail, 1, ['a', 'b']), { found: [2, 4], upTo: 4, atEnd: true })
    assert.deepEqual(positions(tail, 2, ['b']), { found: [], upTo: 4, atEnd: true })
  })

  it('leaves to the database what is behind its end, and what is before its beginning', () => {
    const tail = new Tail()
    assert.equal(tail.page(0, ['a'], 10), undefined)
    tail.committed(11, events('a', 'a'))
    assert.equal(tail.page(9, ['a'], 10), undefined)
    assert.deepEqual(positions(tail, 10, ['a']), { found: [11, 12], upTo: 12, atEnd: true })
    assert.equal(tail.page(12, ['a'], 10), undefined)
  })

  it('begins anew behind what others have committed', () => {
    const tail = new Tail()
    tail.committed(1, events('a', 'a'))
    tail.committed(5, events('a'))
    assert.equal(tail.page(2, ['a'], 10), undefined)
    assert.deepEqual(positions(tail, 4, ['a']), { found: [5], upTo: 5, atEnd: true })
  })

  it('never says of two commits that become known in another order that nothing is between them', () => {
    const tail = new Tail()
    tail.committed(3, events('a'))
    tail.committed(1, events('a', 'a'))
    assert.deepEqual(positions(tail, 0, ['a']), { found: [1, 2], upTo: 2, atEnd: true })
    assert.equal(tail.page(2, ['a'], 10), undefined)
    tail.committed(4, events('a'))
    assert.equal(tail.page(2, ['a'], 10), undefined)
    assert.deepEqual(positions(tail, 3, ['a']), { found: [4], upTo: 4, atEnd: true })
  })

  it('keeps nothing of an end that the database has lost', () => {
    const tail = new Tail()
    tail.committed(1, events('old', 'old', 'old'))
    tail.committed(2, events('new'))
    assert.equal(tail.page(0, ['old', 'new'], 10), undefined)
    assert.deepEqual(positions(tail, 1, ['old', 'new']), { found: [2], upTo: 2, atEnd: true })
    tail.forget()
    assert.equal(tail.page(1, ['new'], 10), undefined)
  })

  it('has keys as the table has them', () => {
    const tail = new Tail()
    tail.committed(1, [{ ...anEvent('a'), key: 'half \ud800', subject: 'thing/\udc00' }])
    const [kept] = tail.page(0, ['a'], 10)!.events
    assert.deepEqual([kept!.key, kept!.subject], ['half \ufffd', 'thing/\ufffd'])
  })

  it('ends a page with the event that fills it', () => {
    const tail = new Tail()
    tail.committed(1, events('a', 'b', 'a', 'a'))
    assert.deepEqual(positions(tail, 0, ['a'], 2), { found: [1, 3], upTo: 3, atEnd: false })
    const large = new Tail()
    const payload = new Uint8Array(sizes.pageBytesMax)
    large.committed(1, [...events('a'), { ...anEvent('a'), payload }])
    // It keeps no more than it may.
    assert.equal(large.page(0, ['a'], 10), undefined)
  })

  it('keeps the last few megabytes, without gaps', () => {
    const tail = new Tail()
    const payload = new Uint8Array(500_000)
    for (let position = 1; position <= 100; position += 1)
      tail.committed(position, [{ ...anEvent('a'), payload }])
    assert.equal(tail.page(90, ['a'], 100), undefined)
    assert.deepEqual(positions(tail, 97, ['a']), { found: [98, 99, 100], upTo: 100, atEnd: true })
  })
})

function positions(tail: Tail, after: number, topics: readonly string[], limit = 10) {
  const { events, ...rest } = tail.page(after, topics, limit)!
  return { found: events.map(({ position }) => position), ...rest }
}

function events(...topics: readonly (string | undefined)[]): NewEvent[] {
  return topics.map((topic) => anEvent(topic))
}
