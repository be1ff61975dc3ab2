import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Counter, Gauge, Registry } from 'prom-client'
import { expose } from './exposition.ts'

const registry = new Registry()
new Counter({ registers: [registry], name: 'waybill_events_total', help: 'Events.' }).inc(3)
new Gauge({
  registers: [registry],
  name: 'waybill_handles_total',
  help: 'A gauge, whatever its name says.',
}).set(1)

const text = `# HELP waybill_events_total Events.
# TYPE waybill_events_total counter
waybill_events_total 3

# HELP waybill_handles_total A gauge, whatever its name says.
# TYPE waybill_handles_total gauge
waybill_handles_total 1
`

const openMetrics = `# HELP waybill_events Events.
# TYPE waybill_events counter
waybill_events_total 3
# HELP waybill_handles_total A gauge, whatever its name says.
# TYPE waybill_handles_total gauge
waybill_handles_total 1
# EOF
`

test('The text format is the default', async () => {
  for (const accept of [
    undefined,
    '*/*',
    'text/plain',
    'application/openmetrics-text;q=0.2, text/plain;q=0.5',
  ]) {
    assert.deepEqual(await expose(registry, accept), {
      contentType: 'text/plain; version=0.0.4; charset=utf-8',
      body: text,
    })
  }
})

test('OpenMetrics is given to a scraper that prefers it, and the text format is as before afterwards', async () => {
  const prometheus =
    'application/openmetrics-text;version=1.0.0;q=0.5,application/openmetrics-text;version=0.0.1;q=0.4,text/plain;version=0.0.4;q=0.3,*/*;q=0.1'
  assert.deepEqual(await expose(registry, prometheus), {
    contentType: 'application/openmetrics-text; version=1.0.0; charset=utf-8',
    body: openMetrics,
  })
  assert.equal((await expose(registry, undefined)).body, text)
})
