import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, it } from 'node:test'
import { command, entity, internal, query, service, system, systemCaller, view } from '@waybill/core'
import { createLogger, type Host, readConfig, startHost } from '@waybill/runtime'
import Type from 'typebox'
import { openBackends } from './backends.ts'

const data = Type.Object({ id: Type.String() })
const Answer = Type.Object({ lent: Type.Boolean() })

/** A library in one of its versions. @param names what it calls its parts */
function library(
  names: {
    service?: string
    entity?: string
    event?: string
    field?: string
    row?: object
    retired?: string[]
  } = {},
) {
  const { field = 'available' } = names
  const Lent = internal(names.event ?? 'Lent', { data })
  const Book = entity<Record<string, boolean>>(names.entity ?? 'book', { [field]: true }).evolve(
    Lent,
    () => ({
      [field]: false,
    }),
  )
  const lend = command('lend', {
    input: data,
    at: Book,
    id: ({ id }) => id,
    emits: [Lent],
    // Lends what is not lent, whatever a state says that has no such field.
    decide: (book, it) => (book[field] === true ? Lent(it) : []),
    output: Answer,
    reply: (book) => ({ lent: book[field] === false }),
  })
  const row = Type.Object({ id: Type.String(), ...names.row })
  const shelf = view('shelf', { row, key: 'id' }).on(Lent, (_, { id }) => ({ id }))
  const isLent = query('isLent', {
    input: data,
    output: Answer,
    answer: async (read, { id }) => ({ lent: (await read.entity(Book, id))[field] === false }),
  })
  const parts = { entities: [Book], commands: [lend], queries: [isLent], views: [shelf] }
  const lending = service(names.service ?? 'lending', parts)
  const definition = system('library', [lending], [], { retired: names.retired ?? [] })
  const application = { name: 'library', defaultPort: 0, example: '', create: () => definition }
  return { application, lending, lend, isLent }
}

describe('A system that was changed, on the data that it has', () => {
  let folder: string
  let log: string[]
  let hosts: Host[]

  async function start({ application }: ReturnType<typeof library>): Promise<Host> {
    log = []
    const config = {
      ...readConfig({ WAYBILL_DATA: folder }, [application]),
      ports: new Map([['library', 0]]),
      consolePort: 0,
    }
    const logger = createLogger({ json: true, sink: { write: (line) => void log.push(line) } })
    const host = await startHost({
      applications: [application],
      config,
      backends: await openBackends(config, logger),
      logger,
    })
    hosts.push(host)
    return host
  }

  async function stop(): Promise<void> {
    for (const host of hosts.splice(0)) await host.stop()
  }

  /** Whether a book is lent, before anybody asks for it and after. */
  async function lent(host: Host, { lending, lend, isLent }: ReturnType<typeof library>): Promise<boolean[]> {
    const engine = host.systems[0]!.engines.get(lending.name)!
    const before = await engine.ask(isLent, { id: 'a' }, systemCaller)
    const answer = await engine.submit(lend, { id: 'a' }, { caller: systemCaller })
    assert.ok(!answer.refused && 'lent' in before)
    return [before.lent, answer.reply.lent]
  }

  async function refused(changed: ReturnType<typeof library>, message: RegExp): Promise<void> {
    await assert.rejects(start(changed), { code: 'DEFINITION_CHANGED', message })
    // Turned back, it is as it was.
    const before = library()
    assert.deepEqual(await lent(await start(before), before), [true, true])
  }

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'waybill-changed-'))
    hosts = []
    const first = library()
    assert.deepEqual(await lent(await start(first), first), [false, true])
    await stop()
  })

  afterEach(async () => {
    await stop()
    await rm(folder, { recursive: true })
  })

  it('decides on its states by their new names when a field of them was renamed', async () => {
    const changed = library({ field: 'isFree' })
    assert.deepEqual(await lent(await start(changed), changed), [true, true])
    assert.match(log.join(), /Entity book is folded in another way now/)
    await stop()
    const before = library()
    assert.deepEqual(await lent(await start(before), before), [true, true])
  })

  it('is not started when its rows lack a field that they need now', () =>
    refused(library({ row: { pages: Type.Integer() } }), /view shelf: its row 'a' does not fit/))

  it('is not started when its service has another name', () =>
    refused(
      library({ service: 'loans' }),
      /service lending: its history has 1 events, and it is no longer declared/,
    ))

  it('is not started when its entity or its event has another name', async () => {
    await refused(library({ entity: 'volume' }), /entity book: it has a history/)
    await stop()
    await refused(library({ event: 'Borrowed' }), /event Lent: it has a history/)
  })

  it('is started without a service that is retired', async () => {
    const changed = library({ service: 'loans', retired: ['lending'] })
    assert.deepEqual(await lent(await start(changed), changed), [false, true])
  })
})
