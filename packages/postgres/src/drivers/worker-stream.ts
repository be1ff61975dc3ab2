import { Duplex } from 'node:stream'
import { Worker } from 'node:worker_threads'

/** PGlite in a thread of its own, as if it were a socket to a server. */
export class WorkerStream extends Duplex {
  readonly #folder: string
  #worker: Worker | undefined

  constructor(folder: string) {
    super()
    this.#folder = folder
  }

  /** What `pg` calls of a socket. */
  connect(): void {
    const script = import.meta.url.endsWith('.ts')
      ? new URL('./pglite-worker.ts', import.meta.url)
      : new URL('./pglite-worker.js', import.meta.url)
    this.#worker = new Worker(script, { workerData: this.#folder })
    // Anything else is Node's own: with `--watch` it tells over the same port which modules the thread has loaded.
    this.#worker.on('message', (message: unknown) => {
      if (message === 'ready') this.emit('connect')
      else if (message instanceof Uint8Array) {
        this.push(Buffer.from(message.buffer, message.byteOffset, message.byteLength))
      }
    })
    this.#worker.on('error', (error) => this.destroy(error))
    this.#worker.on('exit', () => this.destroy())
  }

  setNoDelay(): void {}

  setKeepAlive(): void {}

  override _read(): void {}

  override _write(chunk: Buffer, _encoding: string, done: () => void): void {
    this.#post([chunk])
    done()
  }

  override _writev(chunks: readonly { readonly chunk: Buffer }[], done: () => void): void {
    this.#post(chunks.map(({ chunk }) => chunk))
    done()
  }

  /** The worker closes the database and exits. */
  override _final(): void {
    this.#worker!.postMessage(undefined)
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    void Promise.resolve(this.#worker?.terminate()).then(() => done(error))
  }

  #post(chunks: readonly Buffer[]): void {
    const message = new Uint8Array(chunks.reduce((length, chunk) => length + chunk.length, 0))
    let end = 0
    for (const chunk of chunks) {
      message.set(chunk, end)
      end += chunk.length
    }
    this.#worker!.postMessage(message, [message.buffer])
  }
}
