import { needNothing, type Store, WaybillError, type Write } from '@waybill/core'
import { memoryContext } from '../memory-context.ts'
import { ofWaiting } from './canaries-waiting.ts'
import { type Canary, canary, publishing, writing } from './canary.ts'
import { anEvent, aWrite } from './fixtures.ts'

let sharedNumber = 0

const ofContents: readonly Canary[] = [
  canary('opening', 'services share their sequences', (store) => ({
    ...store,
    nextNumber: () => Promise.resolve((sharedNumber += 1)),
  })),
  canary('opening', 'cannot be opened twice', (store) => {
    const open: Store['open'] = (service) =>
      store.load({ ...needNothing, subjects: ['opened'] }).then(async ({ snapshots }) => {
        if (snapshots.size > 0) throw new Error('exists')
        await store.open(service)
        const opened = { subject: 'opened', version: 1, expected: 0, way: 1, state: true }
        await store.transact(needNothing, () => aWrite({ snapshots: [opened] }))
      })
    return { ...store, open }
  }),
  canary('notes', 'adds notes to those before', (store) => ({
    ...store,
    keepNotes: async (notes) => store.keepNotes(new Map([...(await store.notes()), ...notes])),
  })),
  canary('notes', 'takes the beginning of a name for the name', (store) => ({
    ...store,
    holds: async (what) => ('entity' in what && what.entity === 'ord' ? true : store.holds(what)),
  })),
  writing('positions', 'burns a position with each batch', (write) => ({
    ...write,
    events: [...write.events, anEvent({ topic: undefined })],
  })),
  publishing('positions', 'turns the events of one read round', ({ events, ...rest }) => ({
    ...rest,
    events: events.toReversed(),
  })),
  publishing('positions', 'forgets the last event when a portion is full', ({ events, ...rest }, limit) => ({
    ...rest,
    events: events.length === limit ? events.slice(0, -1) : events,
  })),
  canary('atomicity', 'writes events in a transaction of their own', (store) => ({
    ...store,
    transact: async (need, decide) => {
      let write: Write | undefined
      const first = await store.transact(needNothing, async (_, more) => {
        write = await decide(await more(need), more)
        return aWrite({ events: write.events })
      })
      await store.transact(need, () => ({ ...write!, events: [] }))
      return first
    },
  })),
  canary('atomicity', 'claims before the commit', (store) => ({
    ...store,
    transact: async (need, decide) => {
      const { duplicates } = await store.load(need)
      await store.transact({ ...needNothing, claim: need.claim }, () => aWrite({}))
      return store.transact({ ...need, claim: [] }, (loaded, more) => decide({ ...loaded, duplicates }, more))
    },
  })),
  canary('claims', 'forgets what was claimed', (store) => ({
    ...store,
    transact: (need, decide) => store.transact({ ...need, claim: [] }, decide),
  })),
  canary('claims', 'forgets all that was claimed', (store) => ({
    ...store,
    forget: () => store.forget(-60_000),
  })),
  writing('claims', 'keeps claimed what a batch leaves', (write) => ({ ...write, unclaim: [] })),
  canary('claims', 'claims when it only loads', (store) => ({
    ...store,
    load: async (need) => {
      const loaded = await store.load(need)
      await store.transact({ ...needNothing, claim: need.claim }, () => aWrite({}))
      return loaded
    },
  })),
  canary('claims', 'looks for duplicates before the transaction', (store) => ({
    ...store,
    transact: async (need, decide) => {
      const { duplicates } = await store.load(need)
      return store.transact(need, (loaded, more) => decide({ ...loaded, duplicates }, more))
    },
  })),
]

const ofFences: readonly Canary[] = [
  writing('offsets', 'sets offsets without comparing', async (write, store) => {
    const saved = await store.offsets()
    const expectedOf = (source: string, partition: number): number =>
      saved.find((one) => one.source === source && one.partition === partition)?.next ?? 0
    return {
      ...write,
      offsets: write.offsets.map((one) => ({ ...one, expected: expectedOf(one.source, one.partition) })),
    }
  }),
  writing('offsets', 'forgets what the log wants to know again', (write) => ({
    ...write,
    offsets: write.offsets.map(({ mark: _, ...offset }) => offset),
  })),
  writing('offsets', 'takes one that has gone back to 0 for another owner', async (write, store) => {
    const saved = new Set((await store.offsets()).map(({ source, partition }) => `${source}/${partition}`))
    const isBegun = write.offsets.some(
      ({ source, partition, expected }) => expected === 0 && saved.has(`${source}/${partition}`),
    )
    if (isBegun) throw new WaybillError('OFFSETS_LOST', 'The partition is begun.')
    return write
  }),
  writing('offsets', 'drops the offset of an old owner and writes the rest', async (write, store) => {
    const saved = await store.offsets()
    return {
      ...write,
      offsets: write.offsets.filter(({ source, partition, expected }) => {
        const found = saved.find((one) => one.source === source && one.partition === partition)
        return (found?.next ?? 0) === expected
      }),
    }
  }),
  writing('versions', 'lets the last writer win', async (write, store) => {
    const { snapshots } = await store.load({
      ...needNothing,
      subjects: write.snapshots.map((one) => one.subject),
    })
    return {
      ...write,
      snapshots: write.snapshots.map((one) => ({
        ...one,
        expected: snapshots.get(one.subject)?.version ?? 0,
      })),
    }
  }),
  writing('versions', 'takes an entity that was written often for a new one', async (write, store) => {
    const subjects = write.snapshots.map((one) => one.subject)
    const { snapshots } = await store.load({ ...needNothing, subjects })
    const isOften = (subject: string): boolean => (snapshots.get(subject)?.version ?? 0) > 64
    return {
      ...write,
      snapshots: write.snapshots.map((one) =>
        one.expected === 0 && isOften(one.subject)
          ? { ...one, expected: snapshots.get(one.subject)!.version }
          : one,
      ),
    }
  }),
  canary('versions', 'loads before the transaction', (store) => ({
    ...store,
    transact: async (need, decide) => {
      const loaded = await store.load(need)
      const write = await decide(loaded, (more) => store.load(more))
      return store.transact({ ...needNothing, claim: need.claim }, () => write)
    },
  })),
  writing('replies', 'keeps a reply for ever', (write) => ({
    ...write,
    replies: write.replies.map((one) => ({ ...one, keepMs: 1e9 })),
  })),
  writing('replies', 'overwrites a reply', async (write, store) => {
    const { replies } = await store.load({ ...needNothing, slots: write.replies.map(({ slot }) => slot) })
    return { ...write, replies: write.replies.filter(({ slot }) => !replies.has(slot)) }
  }),
  canary('numbers', 'gives a number twice', (store) => ({
    ...store,
    nextNumber: async (sequence) => Math.ceil((await store.nextNumber(sequence)) / 2),
  })),
]

const ofLeases: readonly Canary[] = [
  canary('leases', 'gives everything to everybody', (store) => ({
    ...store,
    share: async (ask) => ({ ...(await store.share(ask)), things: ask.of }),
  })),
  canary('leases', 'lets the first one keep everything', (store) => ({
    ...store,
    share: async (ask) => {
      const { things, others } = await store.share({ ...ask, inHand: ask.of })
      return { things: things.length > 0 ? [...new Set([...ask.inHand, ...things])] : things, others }
    },
  })),
  canary('leases', 'takes out of the hand', (store) => ({
    ...store,
    share: (ask) => store.share({ ...ask, inHand: [] }),
  })),
  canary('leases', 'waits for those who are gone', (store) => ({
    ...store,
    share: (ask) => store.share({ ...ask, forMs: 1_000 * ask.forMs }),
  })),
  canary('leases', 'ends a lease early', (store) => ({
    ...store,
    share: (ask) => store.share({ ...ask, forMs: ask.forMs / 100 }),
  })),
  canary('leases', 'forgets who leaves only later', (store) => ({
    ...store,
    leave: () => Promise.resolve(),
  })),
]

const ofReading: readonly Canary[] = [
  writing('rows', 'never deletes', (write) => ({
    ...write,
    rows: write.rows.filter(({ row }) => row !== undefined),
  })),
  canary('rows', 'loads rows before the transaction', (store) => ({
    ...store,
    transact: async (need, decide) => {
      const { rows } = await store.load(need)
      await new Promise((resolve) => setImmediate(resolve))
      return store.transact(need, (loaded, more) => decide({ ...loaded, rows }, more))
    },
  })),
  canary('rows', 'looks at the first condition only', (store) => ({
    ...store,
    selectRows: (selection) =>
      store.selectRows({
        ...selection,
        where: Object.fromEntries(Object.entries(selection.where).slice(0, 1)),
      }),
  })),
  canary('rows', 'sorts by language', (store) => ({
    ...store,
    selectRows: async (selection) => {
      const sign = selection.order === 'ascending' ? 1 : -1
      return (await store.selectRows(selection)).toSorted((a, b) => sign * a.key.localeCompare(b.key, 'en'))
    },
  })),
  writing('history', 'knows only the first entity of an event', (write) => ({
    ...write,
    events: write.events.map((event) => ({ ...event, alsoSubjects: [] })),
  })),
  canary('history', 'ends before the moment', (store) => ({
    ...store,
    history: (subject, page) => {
      const until = page?.until
      return store.history(
        subject,
        until !== undefined && 'time' in until
          ? { ...page, until: { time: new Date(until.time.getTime() - 1) } }
          : page,
      )
    },
  })),
  canary('history', 'gives the first page again and again', (store) => ({
    ...store,
    history: (subject, page) => store.history(subject, { ...page, after: 0 }),
  })),
  publishing('published', 'says that it has searched beyond what it gives', (page) => ({
    ...page,
    upTo: page.upTo + 1,
  })),
  publishing('published', 'has searched only as far as it found', (page) => ({
    ...page,
    upTo: page.events.at(-1)?.position ?? 0,
  })),
  publishing('published', 'thinks that a full portion is the last', (page) => ({ ...page, atEnd: true })),
  canary('published', 'remembers nothing of what is there', (store) => ({
    ...store,
    recent: (after) => ({ events: [], upTo: after + 1, atEnd: true }),
  })),
  canary('pages', 'counts events only', (store) => ({
    ...store,
    published: async (after, topics, limit) => {
      const pages = [await store.published(after, topics, limit)]
      while (!pages.at(-1)!.atEnd && pages.at(-1)!.events.length > 0) {
        pages.push(await store.published(pages.at(-1)!.upTo, topics, limit))
      }
      return { ...pages.at(-1)!, events: pages.flatMap(({ events }) => events).slice(0, limit) }
    },
  })),
  canary('pages', 'forgets the event that makes the page full', (store) => ({
    ...store,
    history: async (subject, page) => (await store.history(subject, page)).slice(0, 2),
  })),
  writing('refusals', 'takes an entity of an event as often as it is named', (write) => ({
    ...write,
    events: write.events.map((event) => ({
      ...event,
      alsoSubjects: [...new Set(event.alsoSubjects)].filter((subject) => subject !== event.subject),
    })),
  })),
  canary('refusals', 'calls everything that fails a conflict', (store) => ({
    ...store,
    transact: (need, decide) =>
      store.transact(need, decide).catch((cause: unknown) => {
        throw new WaybillError('BATCH_CONFLICT', 'It failed.', { cause })
      }),
  })),
  canary('time', 'loses patience soon', (store) => ({
    ...store,
    transact: (need, decide) =>
      store.transact(need, async (...loaded) => {
        const begin = performance.now()
        const write = await decide(...loaded)
        if (performance.now() - begin > 1_000)
          throw new WaybillError('STORE_UNAVAILABLE', 'It took too long.')
        return write
      }),
  })),
  canary('time', 'has all the time in the world', (store) => ({
    ...store,
    transact: async (need, decide) => {
      const write = await decide(await store.load(need), (more) => store.load(more))
      return store.transact(need, () => write)
    },
  })),
  writing('values', 'ends a text at a NUL', (write) => ({
    ...write,
    events: write.events.map((event) => ({ ...event, key: event.key.split('\u0000')[0]! })),
  })),
  writing('values', 'takes 999 of a thousand', (write) => ({ ...write, events: write.events.slice(0, 999) })),
]

const ofDurability: readonly Canary[] = [
  {
    group: 'durability',
    defect: 'loses what was committed last',
    open: () => {
      let context = memoryContext()
      return {
        open: (service) => context.open(service),
        restart: () => Promise.resolve(void (context = memoryContext())),
        interrupt: () => context.interrupt(),
        close: () => Promise.resolve(),
      }
    },
  },
  {
    group: 'durability',
    defect: 'says unavailable after it has committed',
    open: () => {
      let interruptions = 0
      const context = memoryContext((store) => ({
        ...store,
        transact: async (need, decide) => {
          const before = interruptions
          const done = await store.transact(need, decide)
          if (interruptions > before) throw new WaybillError('STORE_UNAVAILABLE', 'The connection broke.')
          return done
        },
      }))
      return { ...context, interrupt: () => Promise.resolve(void (interruptions += 1)) }
    },
  },
]

/** Stores that are wrong on purpose, at least one for each group of cases. */
export const storeCanaries: readonly Canary[] = [
  ...ofContents,
  ...ofFences,
  ...ofWaiting,
  ...ofLeases,
  ...ofReading,
  ...ofDurability,
]
