import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { systemCaller } from '@waybill/core'
import { createLogger, type Host, readConfig, startHost } from '@waybill/runtime'
import { createRegistryClient } from '@waybill/schema'
import {
  createSetup,
  type RegistryServer,
  sharedPostgres,
  skipWithoutRegistry,
  startRegistry,
} from '@waybill/servers'
import Type from 'typebox'
import { openBackends } from './backends.ts'
import { type Parcels, parcels } from './parcels.test.fixture.ts'
import { eventually } from './testing/eventually.ts'
import { waybillProcess } from './testing/waybill-process.ts'

const note = Type.Optional(Type.String())

describe('an external schema registry', { skip: await skipWithoutRegistry() }, () => {
  const setup = createSetup()
  let registry: RegistryServer
  let store: string
  let folder: string
  before(async () => {
    folder = setup.with(await mkdtemp(join(tmpdir(), 'waybill-registry-')), (it) =>
      rm(it, { recursive: true }),
    )
    ;[registry, { url: store }] = await setup.start(startRegistry, sharedPostgres)
  })
  after(setup.end)

  /** Runs services of a system in this process, on a server that others may use too. */
  async function run(
    { application }: Parcels,
    options: { services?: string[]; log?: string[]; variables?: Record<string, string> } = {},
  ): Promise<Host> {
    const { services, log = [], variables } = options
    const config = {
      ...readConfig(
        {
          WAYBILL_DATA: folder,
          WAYBILL_STORE: store,
          WAYBILL_REGISTRY: registry.address,
          ...variables,
        },
        [application],
      ),
      ports: new Map([[application.name, 0]]),
      consolePort: 0,
    }
    const logger = createLogger({ json: true, sink: { write: (line) => void log.push(line) } })
    const backends = await openBackends(config, logger)
    return startHost({ applications: [application], services, config, backends, logger })
  }

  const send = (host: Host, { send }: Parcels, parcelId: string) =>
    host.systems[0]!.engines.get('counter')!.submit(send, { parcelId }, { caller: systemCaller })
  const isThere = async (host: Host, { Shelf }: Parcels, parcelId: string): Promise<void> => {
    const { isFull } = await host.systems[0]!.engines.get('depot')!.read.entity(Shelf, parcelId)
    assert.ok(isFull, parcelId)
  }

  it('tells a running process what a newer one writes, also after it was away', async () => {
    const older = parcels('parcels')
    const newer = parcels('parcels', { note }, { note: 'fragile' })
    const log: string[] = []
    const depot = await run(older, { services: ['depot'], log })
    const counter = await run(newer, { services: ['counter'] })

    // What the depot needs to read the parcels is only at the registry, which is away.
    await registry.kill()
    await send(counter, newer, 'a')
    await eventually(async () => assert.match(log.join(''), /REGISTRY_UNAVAILABLE/))
    await send(counter, newer, 'b')
    await assert.rejects(isThere(depot, older, 'a'))
    await registry.start()
    await eventually(() => isThere(depot, older, 'a'), { withinMs: 60_000 })
    await eventually(() => isThere(depot, older, 'b'))

    // Known is known.
    await registry.kill()
    await send(counter, newer, 'c')
    await eventually(() => isThere(depot, older, 'c'))
    const engine = depot.systems[0]!.engines.get('depot')!
    assert.deepEqual(
      (await engine.read.history(older.Shelf, 'c')).map(({ data }) => data),
      [{ parcelId: 'c' }],
    )
    assert.equal(log.join('').includes('event set aside'), false)
    await Promise.all([counter.stop(), depot.stop(), registry.start()])
  })

  it('is not exchanged for one in which the ids of stored events mean something else', async () => {
    const system = parcels('exchanged')
    const variables = { WAYBILL_STORE: 'pglite', WAYBILL_DATA: join(folder, 'exchanged') }
    const embedded = await run(system, { variables: { ...variables, WAYBILL_REGISTRY: '' } })
    await send(embedded, system, 'a')
    assert.equal((await fetch(`${embedded.adminAddress}/registry/subjects`)).status, 200)
    await embedded.stop()
    // Its ids are taken there by the schemas of others, or by nobody.
    await assert.rejects(run(system, { variables }), {
      code: 'CONFIGURATION_INVALID',
      message: /\n {2}- \d+, of exchanged-sent-value, is (?:not there|another schema there)/,
    })
    const again = await run(system, { variables: { ...variables, WAYBILL_REGISTRY: '' } })
    await isThere(again, system, 'a')
    await again.stop()
  })

  it('refuses a change with which old events could not be read: the process ends, and says why', async (test) => {
    await createRegistryClient(registry.address).register('payment-completed-value', {
      type: 'record',
      name: 'PaymentCompletedEvent',
      namespace: 'waybill.shop',
      fields: [{ name: 'somethingElse', type: 'string' }],
    })
    const shop = await waybillProcess({
      name: 'shop',
      args: ['shop'],
      env: { WAYBILL_DATA: join(folder, 'shop'), WAYBILL_REGISTRY: registry.address, WAYBILL_PORT_SHOP: '0' },
    })
    test.after(() => shop.stop())
    shop.start()
    await assert.rejects(shop.ready(), {
      message: /ended by itself with code 1[^]*SCHEMA_INCOMPATIBLE[^]*PaymentCompletedEvent, .*orderId/,
    })
  })

  it('is waited for when it starts later than the process', async () => {
    const log: string[] = []
    const system = parcels('waiting')
    await registry.kill()
    const starting = run(system, { log })
    await eventually(async () => assert.match(log.join(''), /waiting for the schema registry/))
    await registry.start()
    const host = await starting
    await send(host, system, 'a')
    await eventually(() => isThere(host, system, 'a'))
    // There is one registry, and it is elsewhere.
    assert.equal((await fetch(`${host.adminAddress}/registry/subjects`)).status, 404)
    await host.stop()
  })
})
