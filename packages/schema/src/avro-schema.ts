/** An Avro schema as JSON. A string is a primitive type or the name of a type defined before. */
export type AvroSchema =
  | string
  | AvroRecord
  | AvroEnum
  | { readonly type: 'array'; readonly items: AvroSchema }
  | { readonly type: 'map'; readonly values: AvroSchema }
  | { readonly type: 'string'; readonly logicalType: 'uuid' }
  | readonly AvroSchema[]

/** An object with named fields; of an event: its whole payload. */
export interface AvroRecord {
  readonly type: 'record'
  /** Letters, digits and underscores, not beginning with a digit. */
  readonly name: string
  /** What stands before the name with a dot: `waybill.shop`. Inside another record, that one's. */
  readonly namespace?: string
  readonly doc?: string
  readonly fields: readonly AvroField[]
}

export interface AvroField {
  readonly name: string
  readonly doc?: string
  readonly type: AvroSchema
  /** What a reader takes when the writer did not know the field; of a union, a value of its first branch. */
  readonly default?: unknown
}

export interface AvroEnum {
  readonly type: 'enum'
  readonly name: string
  readonly symbols: readonly string[]
}
