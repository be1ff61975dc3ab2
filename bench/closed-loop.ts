import type { BenchShop } from './shop.ts'

/** What it takes of a shop. */
export type LoopShop = Pick<BenchShop, 'orderInput' | 'placeOrder' | 'onEnd'>

/** What a closed loop came to. */
export interface ClosedLoop {
  readonly sagas: number
  readonly seconds: number
  readonly acceptMs: readonly number[]
  readonly sagaMs: readonly number[]
}

/** Keeps `inFlight` orders going for a while; an order is over when its user is told. Ends when all are over. */
export async function closedLoop(
  shop: LoopShop,
  options: { inFlight: number; seconds: number; hot: boolean },
): Promise<ClosedLoop> {
  const started = new Map<string, number>()
  const early = new Map<string, number>()
  const acceptMs: number[] = []
  const sagaMs: number[] = []
  const until = performance.now() + options.seconds * 1_000
  const begin = performance.now()
  let open = 0
  let end = begin
  let finish = (_: ClosedLoop): void => {}
  let fail = (_: unknown): void => {}
  const done = new Promise<ClosedLoop>((resolve, reject) => {
    finish = resolve
    fail = reject
  })

  const place = async (): Promise<void> => {
    open += 1
    const at = performance.now()
    const id = await shop.placeOrder(shop.orderInput(options.hot))
    acceptMs.push(performance.now() - at)
    started.set(id, at)
    if (early.has(id)) over(id)
  }
  const over = (id: string): void => {
    const at = started.get(id)
    // By HTTP the answer to the order may come after the news of its end.
    if (at === undefined) return void early.set(id, performance.now())
    end = early.get(id) ?? performance.now()
    started.delete(id)
    early.delete(id)
    sagaMs.push(end - at)
    open -= 1
    if (performance.now() < until) place().catch(fail)
    if (open > 0) return
    off()
    finish({ sagas: sagaMs.length, seconds: (end - begin) / 1_000, acceptMs, sagaMs })
  }
  const off = shop.onEnd((orderIds) => orderIds.forEach(over))
  for (let n = 0; n < options.inFlight; n += 1) place().catch(fail)
  return done
}
