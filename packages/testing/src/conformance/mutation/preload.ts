import { mutations } from './mutations.ts'
import { putIn } from './put-in.ts'

/* Loaded before everything else in a process that shows a defect: puts it in. */

const mutation = mutations.find(({ defect }) => defect === process.env['WAYBILL_MUTATION'])
if (mutation === undefined) throw new Error(`There is no defect ${process.env['WAYBILL_MUTATION']}`)
putIn(mutation)
