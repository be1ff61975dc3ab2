export { bareEventInserts } from './bare-inserts.ts'
export { type EmbeddedServer, startPostgres } from './embedded-postgres.ts'
