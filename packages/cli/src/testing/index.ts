export { allItems } from './all-items.ts'
export { type Answer, call, type Send, type Sent } from './call.ts'
export { eventually } from './eventually.ts'
export { startTestHost, type TestHost } from './host.ts'
