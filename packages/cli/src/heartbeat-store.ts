import type { Database } from '@waybill/postgres'
import type { HeartbeatStore } from '@waybill/runtime'

/** Keeps heartbeats in the database, so that processes see each other. */
export function databaseHeartbeats(database: Database): HeartbeatStore {
  return {
    beat: (heartbeats, dropBefore) =>
      database.read(async (run) => {
        await run({
          name: 'waybill_heartbeat_beat',
          text: `insert into waybill.heartbeat
            select system, service, instance_id, address, started_at, at
            from jsonb_to_recordset($1::jsonb)
              as beat (system text, service text, instance_id text, address text, started_at bigint, at bigint)
            on conflict (system, service, instance_id) do update set at = excluded.at`,
          values: [
            JSON.stringify(
              heartbeats.map(({ system, service, instanceId, address, startedAt, at }) => ({
                system,
                service,
                instance_id: instanceId,
                address,
                started_at: startedAt.getTime(),
                at: at.getTime(),
              })),
            ),
          ],
        })
        await run({
          name: 'waybill_heartbeat_drop',
          text: 'delete from waybill.heartbeat where at < $1',
          values: [dropBefore.getTime()],
        })
      }),
    list: (system) =>
      database.read(async (run) => {
        const rows = await run({
          name: 'waybill_heartbeat_list',
          text: `select service, instance_id, address, started_at, at from waybill.heartbeat
            where system = $1 order by service, started_at`,
          values: [system],
        })
        return rows.map(([service, instanceId, address, startedAt, at]) => ({
          system,
          service: service as string,
          instanceId: instanceId as string,
          address: address as string,
          startedAt: new Date(Number(startedAt)),
          at: new Date(Number(at)),
        }))
      }),
  }
}
