import { guidOf, type KeptSchema, type KeptVersion } from '../registry/contents.ts'
import { schemaText } from '../schema-text.ts'

/** A schema as it is answered with by id. A type is not named: it is Avro, which every client takes for granted. */
export function shownSchema(kept: KeptSchema): object {
  const { schema, references } = kept
  return { schema: schemaText(schema), ...(references.length > 0 && { references }), guid: guidOf(kept) }
}

/** A version as it is answered with by its subject. */
export function shownVersion(kept: KeptVersion): object {
  const { subject, version, id, deleted } = kept
  return { subject, version, id, ...shownSchema(kept), ...(deleted && { deleted }) }
}
