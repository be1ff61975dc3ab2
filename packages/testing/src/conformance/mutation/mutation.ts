/**
 * A defect put into the engine: the only way to see that a case notices what no backend can do wrong. The program is
 * changed while it is loaded, in a process of its own; its files are not.
 */
export interface Mutation {
  /** A sentence about the engine, without its subject. */
  readonly defect: string
  /** The case that must notice: its group, and the beginning of its name. */
  readonly group: string
  readonly case: string
  /** The end of the file's path. */
  readonly file: string
  /** What stands there, once. */
  readonly from: string
  readonly to: string
}

export const mutations: readonly Mutation[] = [
  {
    defect: 'takes each id of a list as it comes',
    group: 'naming',
    case: 'an event that names an entity several times',
    file: 'engine/intake/work.ts',
    from: '[...new Set(chosen)]',
    to: 'chosen',
  },
  {
    defect: 'folds an event as often as it touches an entity',
    group: 'naming',
    case: 'an event that names an entity several times',
    file: 'engine/decide/draft.ts',
    from: 'of eachOnce(touched)',
    to: 'of [...touched, ...touched]',
  },
  {
    defect: 'asks for the rows of a view where nothing may throw',
    group: 'naming',
    case: 'a view that throws while it names its rows',
    file: 'engine/decide/need.ts',
    from: 'for (const { view, key } of changed) needRow(view.name, key)',
    to: `void changed
    for (const view of service.views) {
      for (const key of view.projections.get(head.type)?.keys(JSON.parse(new TextDecoder().decode(head.payload))) ?? []) needRow(view.name, key)
    }`,
  },
  {
    defect: 'takes keys of any length',
    group: 'naming',
    case: 'what is too long for a key or a payload',
    file: 'core/src/limits.ts',
    from: 'return key.length * 3 > sizes.keyBytesMax && bytesOf(key) > sizes.keyBytesMax',
    to: 'return key.length < 0',
  },
  {
    defect: 'takes lists of ids of any length',
    group: 'naming',
    case: 'an event that names too many',
    file: 'core/src/limits.ts',
    from: 'if (ids.length > sizes.idsMax)',
    to: 'if (ids.length < 0)',
  },
  {
    defect: 'takes payloads of any size',
    group: 'bounds',
    case: 'a payload that is too large',
    file: 'core/src/limits.ts',
    from: 'if (payload.length > sizes.payloadBytesMax)',
    to: 'if (payload.length < 0)',
  },
  {
    defect: 'writes whatever has piled up in one batch',
    group: 'bounds',
    case: 'however much waits',
    file: 'engine/decide/decide-batch.ts',
    from: 'changes.bytes > pace.writeBytesMax',
    to: 'changes.bytes < 0',
  },
  {
    defect: 'decides as long as it takes',
    group: 'bounds',
    case: 'many decides that are slow together',
    file: 'engine/decide/decide-batch.ts',
    from: 'spentMs > pace.decideMs',
    to: 'spentMs < 0',
  },
  {
    defect: 'gives a slow decide all the time that it wants',
    group: 'bounds',
    case: 'one decide that takes far too long',
    file: 'engine/decide/decide-batch.ts',
    from: 'nowMs - spentMs > pace.oneDecideMs',
    to: 'nowMs < 0',
  },
  {
    defect: 'keeps claimed what it leaves to the next batch',
    group: 'bounds',
    case: 'also where the log repeats',
    file: 'engine/commit/transaction.ts',
    from: 'leftOf(need, loaded, done) : []',
    to: 'leftOf(need, loaded, batch.works) : []',
  },
  {
    defect: 'lets a listener throw into the loop',
    group: 'telling',
    case: 'a listener that throws',
    file: 'engine/commit/teller.ts',
    from: "safely('a listener', () => listener(committed))",
    to: 'listener(committed)',
  },
  {
    defect: 'handles its own events once more when they come back',
    group: 'telling',
    case: 'an event of its own on a topic',
    file: 'engine/create-engine.ts',
    from: 'own.get(event.type) !== event.topic',
    to: 'own.size >= 0',
  },
  {
    defect: 'decides a batch anew for each projection that throws',
    group: 'telling',
    case: 'however many projections throw',
    file: 'engine/decide/decide-batch.ts',
    from: 'for (const [work, cause] of unfolded) broken.set(work, cause)',
    to: 'for (const [work, cause] of [...unfolded].slice(0, 1)) broken.set(work, cause)',
  },
  {
    defect: 'fills its batches with commands',
    group: 'fairness',
    case: 'commands that keep coming',
    file: 'engine/intake/intake.ts',
    from: 'arrivals.take(pace.laneMax)',
    to: 'arrivals.take(pace.laneMax - sent.length)',
  },
  {
    defect: 'lets deadlines wait behind events',
    group: 'fairness',
    case: 'a deadline does not wait behind',
    file: 'engine/aside/queue.ts',
    from: "origin.kind === 'message' ? 'log' : 'own'",
    to: "origin.kind === 'message' ? 'log' : 'log'",
  },
  {
    defect: 'takes one event of a free key at a time',
    group: 'fairness',
    case: 'a key that is free again',
    file: 'core/src/memory/due.ts',
    from: 'Math.ceil(limit / runPart)',
    to: 'Math.ceil(limit / limit)',
  },
  {
    defect: 'lets commands wait as long as the store is away',
    group: 'fairness',
    case: 'a command whose batch cannot be committed',
    file: 'engine/intake/command-queue.ts',
    from: 'if (cancelSweep === undefined) sweepIn(pace.commandPatienceMs)',
    to: '',
  },
  {
    defect: 'waits for effects while commands wait',
    group: 'effects under load',
    case: 'many that are slow keep no command waiting',
    file: 'engine/create-engine.ts',
    from: 'if (queue.pending() > 0) await committing.commit(taking.takeCommands())',
    to: '',
  },
  {
    defect: 'begins as many effects as there are events',
    group: 'effects under load',
    case: 'no more are under way than are allowed',
    file: 'engine/effects/effects.ts',
    from: 'if (underWay >= pace.effectsMax) return undefined',
    to: '',
  },
  {
    defect: 'runs an effect again for as long as its entity changes',
    group: 'effects under load',
    case: 'an answer stands though the entity changes',
    file: 'engine/decide/decide-event.ts',
    from: 'attemptsOf(work) < pace.effectRerunsMax',
    to: 'attemptsOf(work) >= 0',
  },
  {
    defect: 'forgets which effects have ended when the store does not answer',
    group: 'effects under load',
    case: 'that end while the store is away',
    file: 'engine/intake/timetable.ts',
    from: 'if (due === undefined) {',
    to: 'if (due === undefined) {\n        state.free.clear()',
  },
  {
    defect: 'forgets what an effect has come to while its event is set aside',
    group: 'effects under load',
    case: 'that end while they are being set aside',
    file: 'engine/effects/effects.ts',
    from: ' && run.settlement === work.settlement',
    to: '',
  },
  {
    defect: 'decides on states that another definition has folded',
    group: 'states',
    case: 'a field that was renamed',
    file: 'engine/history/refolding.ts',
    from: 'wayOf(entity) === way',
    to: 'true',
  },
  {
    defect: 'keeps a state folded anew though another process has changed it',
    group: 'states',
    case: 'while both definitions run',
    file: 'engine/history/refolding.ts',
    from: 'if (anew?.version !== version)',
    to: 'if (anew === undefined)',
  },
  {
    defect: 'waits by a clock that may jump',
    group: 'clocks',
    case: 'a clock that is set back',
    file: 'engine/log/store-log-reader.ts',
    from: 'const { from, clock, sharing } = options',
    to: `const { from, sharing } = options
  const clock = { ...options.clock, monotonic: options.clock.now }`,
  },
  {
    defect: 'goes on with what it has lost',
    group: 'owners',
    case: 'nor when an error that nobody explains',
    file: 'engine/intake/backlog.ts',
    from: 'fence.era === this.#era && !this.#isHeld(of)',
    to: '!this.#isHeld(of)',
  },
  {
    defect: 'passes over what it cannot even set aside',
    group: 'failures',
    case: 'what cannot even be set aside',
    file: 'engine/commit/committer.ts',
    from: 'else arrivals.hold(message, delayMs)',
    to: '',
  },
  {
    defect: 'makes every pause as short as the first',
    group: 'parking',
    case: 'it is tried again after longer and longer pauses',
    file: 'engine/pace.ts',
    from: 'pace.retryFirstMs * 2 ** Math.min(attempts - 1, 20)',
    to: 'pace.retryFirstMs * attempts ** 0',
  },
  {
    defect: 'gives up for good what an older version did not know',
    group: 'upgrades',
    case: 'what an older version did not know',
    file: 'engine/intake/timetable.ts',
    from: 'await store.retryGivenUp(definition)',
    to: 'await Promise.resolve(definition)',
  },
  {
    defect: 'reads a new topic from where it reads the others',
    group: 'upgrades',
    case: 'a topic that a service begins to read',
    file: 'engine/log/own-partitions.ts',
    from: 'const next = Math.max(1, saved?.next ?? 1)',
    to: 'const next = Math.max(1, saved?.next ?? 1_000)',
  },
]
