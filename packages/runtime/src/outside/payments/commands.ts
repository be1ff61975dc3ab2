import { command, refuse } from '@waybill/core'
import Type from 'typebox'
import {
  Charge,
  ChargeBlocked,
  ChargeCallFailed,
  ChargeDeclined,
  ChargeRefunded,
  ChargeSucceeded,
  MoneyType,
  remaining,
} from './charge.ts'
import { behaviourOf } from './token.ts'

const Key = Type.String({ minLength: 1, maxLength: 255 })
const Reference = Type.String({ maxLength: 255 })

const keyReused = refuse('KEY_REUSED', 'This key was used with another amount.')

export const ChargeCommand = command('charge', {
  input: Type.Object({ key: Key, amount: MoneyType, token: Type.String(), reference: Reference }),
  output: Type.Object({ status: Type.String(), reason: Type.String(), at: Type.String() }),
  at: Charge,
  id: ({ key }) => key,
  emits: [ChargeSucceeded, ChargeDeclined, ChargeCallFailed],
  decide(charge, { key, amount, token, reference }, { at, newId }) {
    if (charge.status === 'succeeded' || charge.status === 'declined') {
      const same = charge.amount.amount === amount.amount && charge.amount.currency === amount.currency
      return same ? undefined : keyReused
    }
    const { declined, failures } = behaviourOf(token)
    const entry = { entryId: newId(), key, amount, reference, at: at.toISOString() }
    if (charge.status === 'blocked') return ChargeDeclined({ ...entry, reason: 'REVERSED' })
    if (charge.failures < failures) return ChargeCallFailed({ key })
    return declined === undefined ? ChargeSucceeded(entry) : ChargeDeclined({ ...entry, reason: declined })
  },
  reply: ({ status, reason, at }) => ({ status, reason, at }),
})

export const RefundCommand = command('refund', {
  input: Type.Object({ key: Key, chargeKey: Key, amount: MoneyType, reference: Reference }),
  at: Charge,
  id: ({ chargeKey }) => chargeKey,
  emits: [ChargeRefunded],
  decide(charge, input, { newId }) {
    const before = charge.refunds[input.key]
    if (before !== undefined) return before === input.amount.amount ? undefined : keyReused
    if (charge.status !== 'succeeded') {
      return refuse('NOT_CHARGED', `There is no succeeded charge ${input.chargeKey} to give back.`)
    }
    if (input.amount.currency !== charge.amount.currency || input.amount.amount > remaining(charge)) {
      return refuse(
        'REFUND_EXCEEDS_CHARGE',
        `Of charge ${input.chargeKey}, ${remaining(charge)} ${charge.amount.currency} can be given back.`,
      )
    }
    return ChargeRefunded({ ...input, entryId: newId() })
  },
})

export const ReverseCommand = command('reverse', {
  input: Type.Object({ key: Key, chargeKey: Key, reference: Reference }),
  output: Type.Object({ refunded: Type.Boolean() }),
  at: Charge,
  id: ({ chargeKey }) => chargeKey,
  emits: [ChargeRefunded, ChargeBlocked],
  decide(charge, { key, chargeKey, reference }, { newId }) {
    if (charge.status === 'none') return ChargeBlocked({ key: chargeKey })
    if (charge.status !== 'succeeded' || charge.refunds[key] !== undefined || remaining(charge) === 0) {
      return undefined
    }
    const amount = { ...charge.amount, amount: remaining(charge) }
    return ChargeRefunded({ entryId: newId(), key, chargeKey, amount, reference })
  },
  reply: (charge, { input }) => ({ refunded: charge.refunds[input.key] !== undefined }),
})
