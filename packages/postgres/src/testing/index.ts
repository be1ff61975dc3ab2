export { bareEventInserts } from './bare-inserts.ts'
