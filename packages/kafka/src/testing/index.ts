export { type BareKafka, openBareKafka } from './bare-kafka.ts'
export { countRecords } from './count-records.ts'
