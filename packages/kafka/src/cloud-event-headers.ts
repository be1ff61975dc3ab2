/**
 * The headers of a record that carries an event: CloudEvents 1.0, binary mode of its Kafka binding, with the official
 * extensions for correlation; W3C Trace Context; and Confluent's header for the id of the schema.
 */
export const headerNames = {
  specVersion: 'ce_specversion',
  id: 'ce_id',
  source: 'ce_source',
  type: 'ce_type',
  time: 'ce_time',
  subject: 'ce_subject',
  correlationId: 'ce_correlationid',
  causationId: 'ce_causationid',
  contentType: 'content-type',
  traceparent: 'traceparent',
  valueSchemaId: '__value_schema_id',
} as const
