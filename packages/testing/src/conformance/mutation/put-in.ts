import { registerHooks } from 'node:module'

/** A place in the program, and what is to stand there instead. */
export interface Change {
  /** The end of the file's path. */
  readonly file: string
  /** What stands there, once. */
  readonly from: string
  readonly to: string
}

/** Puts a defect into a file as it is loaded; the file itself is not changed. To be called before it is imported. */
export function putIn({ file, from, to }: Change): void {
  registerHooks({
    load: (url, context, next) => {
      const loaded = next(url, context)
      if (!url.endsWith(file)) return loaded
      const parts = Buffer.from(loaded.source as Uint8Array)
        .toString()
        .split(from)
      if (parts.length !== 2) throw new Error(`${file} has not once: ${from}`)
      process.stderr.write(`mutated ${file}\n`)
      return { ...loaded, source: parts.join(to) }
    },
  })
}
