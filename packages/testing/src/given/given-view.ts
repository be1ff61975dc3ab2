import { frozen } from '@waybill/core'
import assert from 'node:assert/strict'
import type { Emitted, ViewDef } from '@waybill/core'
import { assertSame } from './compare.ts'
import { assertFits } from './decision.ts'
import { type MetaOptions, testId, testMeta } from './test-meta.ts'

/** A view after some events. */
export interface GivenView<R> {
  /** The view after one more event. */
  on(event: Emitted, meta?: Pick<MetaOptions, 'eventId' | 'correlationId' | 'at'>): GivenView<R>
  /** All rows, in the order of their keys. */
  rows(): readonly R[]
  row(key: string): R | undefined
  /** Exactly these rows, in the order of their keys. */
  thenRows(...rows: readonly R[]): void
}

/**
 * A test of a view: events in, rows out.
 *
 *     givenView(Orders).on(OrderCreated({ … })).on(OrderCancelled({ … })).thenRows({ orderId: '1', status: 'CANCELLED' })
 *
 * Also checks that projections are pure and that rows fit their schema and stand under their key.
 */
export function givenView<R>(view: ViewDef<R>): GivenView<R> {
  return build(view, new Map(), 0)
}

function build<R>(view: ViewDef<R>, rows: ReadonlyMap<string, R>, count: number): GivenView<R> {
  const sorted = (): readonly R[] =>
    [...rows].toSorted(([one], [other]) => (one < other ? -1 : 1)).map(([, row]) => row)
  return {
    on: (event, meta = {}) => {
      const withId = { eventId: testId(count + 1), ...meta }
      return build(view, projected(view, rows, event, withId), count + 1)
    },
    rows: sorted,
    row: (key) => rows.get(key),
    thenRows: (...expected) => assertSame(sorted(), expected),
  }
}

function projected<R>(
  view: ViewDef<R>,
  rows: ReadonlyMap<string, R>,
  { event, type, data }: Emitted,
  options: MetaOptions,
): ReadonlyMap<string, R> {
  const projection = view.projections.get(type)
  assert.ok(projection, `the view ${view.name} does not listen to ${type}`)
  assertFits(event.schema, frozen(data), type)
  const meta = frozen(testMeta(options))
  const result = new Map(rows)
  for (const key of projection.keys(data)) {
    const project = (): unknown => projection.project(result.get(key), data, meta, key)
    const row = project()
    assertSame(
      project(),
      row,
      `the view ${view.name} is not pure: a second run on ${type} gave something else`,
    )
    if (row === undefined) {
      result.delete(key)
      continue
    }
    assertFits(view.row, row, `the row ${key} of ${view.name}`)
    const named = String((row as Record<string, unknown>)[view.key])
    assert.equal(named, key, `the row ${key} of ${view.name} names itself ${named}`)
    result.set(key, frozen(row) as R)
  }
  return result
}
