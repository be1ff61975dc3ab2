import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { systemCaller } from '@waybill/core'
import { type Config, createLogger, type Host, readConfig, startHost } from '@waybill/runtime'
import {
  type KafkaServer,
  type PostgresServer,
  skipWithoutKafka,
  startKafka,
  startPostgres,
} from '@waybill/servers'
import { openBackends, openDatabase } from '../backends.ts'
import { parcels } from '../parcels.test.fixture.ts'
import { eventually } from '../testing/eventually.ts'
import { type MoveOutcome, moveLog } from './move.ts'
import { rememberMove } from './remembered-log.ts'

const system = parcels('moved')
const silent = createLogger({ json: true, sink: { write: () => {} } })

describe('a system whose log is another one from now on', { skip: await skipWithoutKafka() }, () => {
  let kafka: KafkaServer
  let postgres: PostgresServer
  let folder: string
  before(async () => {
    const servers = Promise.all([startKafka(), startPostgres()])
    folder = await mkdtemp(join(tmpdir(), 'waybill-move-'))
    ;[kafka, postgres] = await servers
  })
  after(async () => {
    await Promise.all([kafka.stop(), postgres.stop()])
    await rm(folder, { recursive: true })
  })

  const addressOf = (log: 'store' | 'kafka'): string => (log === 'store' ? log : `kafka://${kafka.address}`)

  function configOf(log: 'store' | 'kafka'): Config {
    const variables = { WAYBILL_DATA: folder, WAYBILL_STORE: postgres.url, WAYBILL_LOG: addressOf(log) }
    return {
      ...readConfig(variables, [system.application]),
      ports: new Map([[system.application.name, 0]]),
      consolePort: 0,
    }
  }

  async function start(log: 'store' | 'kafka', services?: readonly string[]): Promise<Host> {
    const config = configOf(log)
    const backends = await openBackends(config, silent)
    return startHost({ applications: [system.application], services, config, backends, logger: silent })
  }

  async function move(from: 'store' | 'kafka', to: 'store' | 'kafka'): Promise<MoveOutcome> {
    const database = await openDatabase(configOf(from))
    try {
      return await moveLog({
        database,
        name: system.application.name,
        system: system.application.create(undefined as never),
        from: configOf(from).log,
        to: configOf(to).log,
        warnings: silent,
      })
    } finally {
      await database.close()
    }
  }

  const sent: string[] = []
  async function send(host: Host, ...ids: readonly string[]): Promise<void> {
    const engine = host.systems[0]!.engines.get('counter')!
    for (const parcelId of ids) await engine.submit(system.send, { parcelId }, { caller: systemCaller })
    sent.push(...ids)
  }

  /** Everything that was ever sent has been handled, once. */
  async function allThereOnce(host: Host): Promise<void> {
    const { read } = host.systems[0]!.engines.get('depot')!
    const histories = (): Promise<number[]> =>
      Promise.all(sent.map(async (id) => (await read.history(system.Shelf, id)).length))
    await eventually(async () =>
      assert.deepEqual(
        await histories(),
        sent.map(() => 1),
      ),
    )
    // What would come again would come now.
    await new Promise((resolve) => setTimeout(resolve, 1_500))
    assert.deepEqual(
      await histories(),
      sent.map(() => 1),
    )
  }

  it('goes on there, and back again, with nothing lost and nothing twice', { timeout: 180_000 }, async () => {
    const first = await start('store')
    await send(first, 'a', 'b', 'c')
    await allThereOnce(first)
    const running = await move('store', 'kafka')
    assert.equal(running.outcome, 'refused')
    assert.match(running.says, /Something of moved runs[^]*process at /)
    await first.stop()

    // Nobody has decided that.
    await assert.rejects(start('kafka'), { code: 'LOG_CHANGED', message: /the store as log; .*Kafka/ })

    const counter = await start('store', ['counter'])
    await send(counter, 'd', 'e')
    await counter.stop()
    const early = await move('store', 'kafka')
    assert.equal(early.outcome, 'refused')
    assert.match(early.says, /depot has 2 events of counter\/moved-sent before it/)
    const second = await start('store')
    await allThereOnce(second)
    await second.stop()

    assert.equal((await move('store', 'kafka')).outcome, 'moved')
    assert.equal((await move('store', 'kafka')).outcome, 'there already')
    await assert.rejects(start('store'), { code: 'LOG_CHANGED' })
    const third = await start('kafka')
    await send(third, 'a2', 'b2', 'f')
    await allThereOnce(third)
    await third.stop()

    const blind = move('store', 'store')
    await assert.rejects(blind, { code: 'CONFIGURATION_INVALID', message: /WAYBILL_LOG must still name it/ })
    assert.equal((await move('kafka', 'store')).outcome, 'moved')
    const fourth = await start('store')
    await send(fourth, 'g')
    await allThereOnce(fourth)
    await fourth.stop()
  })

  it('is finished when it was cut off, and does not start before', { timeout: 120_000 }, async () => {
    const database = await openDatabase(configOf('store'))
    const to = { kind: 'kafka' } as const
    await rememberMove(database, 'moved', { to, begun: true })
    await database.close()
    await assert.rejects(start('store'), { code: 'LOG_CHANGED', message: /being carried over/ })
    await assert.rejects(move('kafka', 'store'), { code: 'LOG_CHANGED', message: /half carried over/ })
    assert.equal((await move('store', 'kafka')).outcome, 'moved')
    const host = await start('kafka')
    await send(host, 'h')
    await allThereOnce(host)
    await host.stop()
  })
})
