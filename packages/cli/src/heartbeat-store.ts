import type { Database } from '@waybill/postgres'
import type { HeartbeatStore } from '@waybill/runtime'

/** Milliseconds since 1970 by the database's clock: what the machines of the processes believe does not matter. */
const now = '(extract(epoch from clock_timestamp()) * 1000)::bigint'

/** Keeps heartbeats in the database, so that processes see each other. */
export function databaseHeartbeats(database: Database): HeartbeatStore {
  return {
    beat: (instances, dropAfterMs) =>
      database.read(async (run) => {
        await run({
          name: 'waybill_heartbeat_beat',
          text: `insert into waybill.heartbeat
            select system, service, instance_id, address, ${now} - up_ms, ${now}
            from jsonb_to_recordset($1::jsonb)
              as beat (system text, service text, instance_id text, address text, up_ms bigint)
            on conflict (system, service, instance_id) do update set at = excluded.at`,
          values: [
            JSON.stringify(
              instances.map(({ instanceId, upMs, ...instance }) => ({
                ...instance,
                instance_id: instanceId,
                up_ms: upMs,
              })),
            ),
          ],
        })
        await run({
          name: 'waybill_heartbeat_drop',
          text: `delete from waybill.heartbeat where at < ${now} - $1::bigint`,
          values: [dropAfterMs],
        })
      }),
    end: (instances) =>
      database.read(async (run) => {
        await run({
          name: 'waybill_heartbeat_end',
          text: `delete from waybill.heartbeat using jsonb_to_recordset($1::jsonb)
              as ended (system text, service text, instance_id text)
            where (heartbeat.system, heartbeat.service, heartbeat.instance_id)
              = (ended.system, ended.service, ended.instance_id)`,
          values: [
            JSON.stringify(
              instances.map(({ instanceId, ...rest }) => ({ ...rest, instance_id: instanceId })),
            ),
          ],
        })
      }),
    list: (system) =>
      database.read(async (run) => {
        const rows = await run({
          name: 'waybill_heartbeat_list',
          text: `select service, instance_id, address, started_at, at, greatest(0, ${now} - at)
            from waybill.heartbeat where system = $1 order by service, started_at`,
          values: [system],
        })
        return rows.map(([service, instanceId, address, startedAt, at, ageMs]) => ({
          system,
          service: service as string,
          instanceId: instanceId as string,
          address: address as string,
          startedAt: new Date(Number(startedAt)),
          at: new Date(Number(at)),
          ageMs: Number(ageMs),
        }))
      }),
  }
}
