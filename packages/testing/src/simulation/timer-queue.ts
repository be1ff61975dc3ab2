interface Timer {
  readonly at: number
  /** Of those of the same time the one that was set first comes first. */
  readonly number: number
  readonly fire: () => void
  isCancelled: boolean
}

/** Timers in the order of their time, as a binary heap: a simulation sets and cancels hundreds of thousands. */
export interface TimerQueue {
  /** @returns what cancels it */
  add(at: number, fire: () => void): () => void
  first(): Pick<Timer, 'at' | 'fire'> | undefined
  /** Takes the first one out. */
  take(): void
}

export function timerQueue(): TimerQueue {
  const heap: Timer[] = []
  let count = 0

  const isBefore = (a: Timer, b: Timer): boolean => a.at < b.at || (a.at === b.at && a.number < b.number)

  function swap(a: number, b: number): void {
    ;[heap[a], heap[b]] = [heap[b]!, heap[a]!]
  }

  function rise(at: number): void {
    for (let parent = (at - 1) >> 1; at > 0 && isBefore(heap[at]!, heap[parent]!); parent = (at - 1) >> 1) {
      swap(at, parent)
      at = parent
    }
  }

  function sink(at: number): void {
    for (;;) {
      const [left, right] = [2 * at + 1, 2 * at + 2]
      let least = at
      if (left < heap.length && isBefore(heap[left]!, heap[least]!)) least = left
      if (right < heap.length && isBefore(heap[right]!, heap[least]!)) least = right
      if (least === at) return
      swap(at, least)
      at = least
    }
  }

  function take(): void {
    const last = heap.pop()
    if (heap.length === 0 || last === undefined) return
    heap[0] = last
    sink(0)
  }

  return {
    add: (at, fire) => {
      const timer: Timer = { at, number: count, fire, isCancelled: false }
      count += 1
      heap.push(timer)
      rise(heap.length - 1)
      return () => {
        timer.isCancelled = true
      }
    },
    first: () => {
      while (heap[0]?.isCancelled) take()
      return heap[0]
    },
    take,
  }
}
