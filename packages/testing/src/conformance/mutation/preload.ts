import { registerHooks } from 'node:module'
import { mutations } from './mutations.ts'

/* Loaded before everything else in a process that shows a defect: puts it in. */

const mutation = mutations.find(({ defect }) => defect === process.env['WAYBILL_MUTATION'])
if (mutation === undefined) throw new Error(`There is no defect ${process.env['WAYBILL_MUTATION']}`)

registerHooks({
  load: (url, context, next) => {
    const loaded = next(url, context)
    if (!url.endsWith(mutation.file)) return loaded
    const text = Buffer.from(loaded.source as Uint8Array).toString()
    const parts = text.split(mutation.from)
    if (parts.length !== 2) throw new Error(`${mutation.file} has not once: ${mutation.from}`)
    process.stderr.write(`mutated ${mutation.file}\n`)
    return { ...loaded, source: parts.join(mutation.to) }
  },
})
