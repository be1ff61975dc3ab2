import type { Registry } from 'prom-client'

const textType = 'text/plain; version=0.0.4; charset=utf-8'
const openMetricsType = 'application/openmetrics-text; version=1.0.0; charset=utf-8'

/**
 * The metrics in the format that the scraper prefers.
 * OpenMetrics is made from the text format here: prom-client, asked for it, renames its counters for good.
 */
export async function expose(
  registry: Registry,
  accept: string | undefined,
): Promise<{ readonly contentType: string; readonly body: string }> {
  const body = await registry.metrics()
  return prefersOpenMetrics(accept)
    ? { contentType: openMetricsType, body: toOpenMetrics(body) }
    : { contentType: textType, body }
}

/** There a counter's name is without the suffix `_total`, which only its samples have. */
function toOpenMetrics(text: string): string {
  const body = text
    .replaceAll(/^# HELP (\w+)_total (.*)\n# TYPE \1_total counter$/gm, '# HELP $1 $2\n# TYPE $1 counter')
    .replaceAll(/\n{2,}/g, '\n')
  return `${body}# EOF\n`
}

function prefersOpenMetrics(accept = ''): boolean {
  const weightOf = (type: string): number => {
    const range = accept.split(',').find((part) => part.trim().startsWith(type))
    return range === undefined ? 0 : Number(/;\s*q=([\d.]+)/.exec(range)?.[1] ?? 1)
  }
  const open = weightOf('application/openmetrics-text')
  return open > 0 && open >= weightOf('text/plain')
}
