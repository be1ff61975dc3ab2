import { putIn } from '@waybill/testing/put-in'
import { canaries } from './canaries.ts'

/* Loaded before everything else in a process that shows a fault: puts it in. */

const canary = canaries.find(({ defect }) => defect === process.env['WAYBILL_CANARY'])
if (canary === undefined) throw new Error(`There is no fault ${process.env['WAYBILL_CANARY']}`)
putIn(canary)
