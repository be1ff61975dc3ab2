export { type Answer, call, type Sent } from './call.ts'
export { eventually } from './eventually.ts'
export { startTestHost, type TestHost } from './host.ts'
