import type { TObject } from 'typebox'
import { nearest } from '../nearest.ts'

/** Says that there is no such field, which there are, and which one was probably meant. */
export function unknownField(owner: string, { properties }: TObject, field: string): string {
  const names = Object.keys(properties)
  const meant = nearest(field, names)
  const guess = meant === undefined ? '' : `; did you mean ${meant}?`
  return `${owner} has no field ${field}${guess === '' ? ';' : guess} ${names.length === 0 ? 'it has none' : `its fields are ${names.join(', ')}`}`
}
