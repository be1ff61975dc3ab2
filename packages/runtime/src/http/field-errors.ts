import type { TLocalizedValidationError } from 'typebox/error'
import { Settings } from 'typebox/system'
import type { FieldError } from './problem.ts'

// TypeBox stops at 8 errors; a caller shall see every bad field, yet one request must not make an endless answer.
Settings.Set({ maxErrors: 100 })

/** What a check found, one entry for each bad field. */
export function fieldErrors(found: readonly TLocalizedValidationError[]): readonly FieldError[] {
  const unions = found.filter(({ keyword }) => keyword === 'anyOf').map(({ schemaPath }) => schemaPath)
  const insideUnion = ({ schemaPath }: TLocalizedValidationError): boolean =>
    unions.some((union) => schemaPath.startsWith(`${union}/anyOf/`))
  return found
    .filter((error) => !insideUnion(error))
    .flatMap((error) => {
      if (error.keyword === 'required') {
        return error.params.requiredProperties.map((name) => ({
          pointer: `${error.instancePath}/${name.replaceAll('~', '~0').replaceAll('/', '~1')}`,
          detail: 'is required',
        }))
      }
      const detail = error.keyword === 'anyOf' ? unionDetail(error, found) : detailOf(error)
      return [{ pointer: error.instancePath, detail }]
    })
}

function detailOf(error: TLocalizedValidationError): string {
  switch (error.keyword) {
    case 'enum':
      return `must be ${error.params.allowedValues.map((value) => JSON.stringify(value)).join(' or ')}`
    case 'const':
      return `must be ${JSON.stringify(error.params.allowedValue)}`
    default:
      return error.message
  }
}

/** A union's branches each say what they want of the same value. */
function unionDetail(union: TLocalizedValidationError, found: readonly TLocalizedValidationError[]): string {
  const branches = `${union.schemaPath}/anyOf/`
  const wishes = found
    .filter(
      ({ schemaPath }) => schemaPath.startsWith(branches) && !schemaPath.slice(branches.length).includes('/'),
    )
    .filter(({ keyword }) => keyword !== 'required')
    .map((error) => detailOf(error).replace(/^must be /, ''))
  return wishes.length === 0
    ? 'fits none of the allowed forms'
    : `must be ${[...new Set(wishes)].join(' or ')}`
}
