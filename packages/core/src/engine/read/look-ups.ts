import { unknownField } from '../../contract/fields.ts'
import type { ViewDef } from '../../contract/view.ts'
import { WaybillError } from '../../errors.ts'

/**
 * What may be looked up of a view: no field, or just those of one of its indexes. Anything else would read every row.
 * @throws LOOKUP_UNDECLARED
 */
export function checkLookUp(view: ViewDef, fields: readonly string[]): void {
  const wanted = nameOf(fields)
  const unknown = fields.find((field) => view.row.properties[field] === undefined)
  if (unknown !== undefined) {
    throw new WaybillError(
      'LOOKUP_UNDECLARED',
      `${unknownField(`The row of ${view.name}`, view.row, unknown)}.`,
    )
  }
  if (fields.length === 0 || view.indexes.some((index) => nameOf(index) === wanted)) return
  throw new WaybillError(
    'LOOKUP_UNDECLARED',
    `The view ${view.name} has no index of just ${fields.join(', ')}: add ${JSON.stringify(fields)} to its indexes.`,
  )
}

function nameOf(fields: readonly string[]): string {
  return JSON.stringify([...fields].sort())
}
