import { call } from '@waybill/cli/testing'

/**
 * What a process has counted, by its metrics.
 * @param metric e.g. `waybill_messages_total`
 * @param label only of the series with it, e.g. `code="OFFSETS_LOST"`
 */
export async function count(
  { adminAddress }: { adminAddress: string },
  metric: string,
  label = '',
): Promise<number> {
  const { body } = await call(adminAddress, 'GET /metrics')
  return (body as string)
    .split('\n')
    .filter((line) => line.startsWith(`${metric}{`) && line.includes(label))
    .reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(' '))), 0)
}
