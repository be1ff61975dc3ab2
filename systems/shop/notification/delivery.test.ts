import assert from 'node:assert/strict'
import { EventEmitter } from 'node:events'
import { test } from 'node:test'
import { testId, virtualClock } from '@waybill/testing'
import type { Notification } from '../events.ts'
import { orderId, userId } from '../test-data.ts'
import { deliver, deliveryLimits, type Socket } from './delivery.ts'

const limits = { ...deliveryLimits, unconfirmedMax: 2, waitingMax: 2 }

const letter = (n: number): Notification => ({
  notificationId: testId(n),
  orderId,
  userId,
  type: 'ORDER_CONFIRMED',
  status: 'CONFIRMED',
  message: '',
  at: '2026-01-01T12:00:00.000Z',
})
const numberOf = (id: string): number => parseInt(id.slice(-12), 16)

/** A client that notes what it gets and answers pings, unless it is told not to. */
function client() {
  const events = new EventEmitter()
  const got: number[] = []
  const state = { answers: true, closed: 0, terminated: false }
  const socket: Socket = {
    send: (text) => void got.push(numberOf((JSON.parse(text) as Notification).notificationId)),
    ping: () => void (state.answers && queueMicrotask(() => events.emit('pong'))),
    close: (code) => {
      state.closed = code
      events.emit('close')
    },
    terminate: () => {
      state.terminated = true
      events.emit('close')
    },
    on: (event, listener) => events.on(event, listener),
  }
  return { socket, got, state, leave: () => events.emit('close') }
}

/** A user's mail as the store has it. */
function mail(...waiting: number[]) {
  const delivered: number[] = []
  return {
    waiting,
    delivered,
    undelivered: async (max: number) =>
      waiting
        .filter((n) => !delivered.includes(n))
        .slice(0, max)
        .map(letter),
    confirm: async (ids: string[]) => void delivered.push(...ids.map(numberOf)),
  }
}

test('what was missed comes first, oldest first, then what is new', async () => {
  const clock = virtualClock()
  const { socket, got } = client()
  const box = mail(1, 2, 3, 4, 5)
  const hear = deliver(socket, box, clock, limits)
  await clock.advance(0)
  hear(letter(6))
  await clock.advance(0)
  assert.deepEqual(got, [1, 2, 3, 4, 5, 6])
  assert.deepEqual(box.delivered, [1, 2, 3, 4, 5, 6])
})

test('what is both in the store and live comes once', async () => {
  const clock = virtualClock()
  const { socket, got } = client()
  const hear = deliver(socket, mail(1, 2), clock, limits)
  hear(letter(2))
  hear(letter(3))
  await clock.advance(0)
  hear(letter(1))
  await clock.advance(0)
  assert.deepEqual(got, [1, 2, 3])
})

test('what comes faster than it is sent is read from the store in its turn', async () => {
  const clock = virtualClock()
  const { socket, got } = client()
  const box = mail()
  const hear = deliver(socket, box, clock, limits)
  await clock.advance(0)
  for (const n of [1, 2, 3, 4, 5]) {
    box.waiting.push(n)
    hear(letter(n))
  }
  await clock.advance(0)
  assert.deepEqual(got, [1, 2, 3, 4, 5])
})

test('a client that does not acknowledge is cut off and gets it again', async () => {
  const clock = virtualClock()
  const { socket, state } = client()
  const box = mail(1)
  state.answers = false
  deliver(socket, box, clock, limits)
  await clock.advance(limits.answerMs)
  assert.equal(state.terminated, true)
  assert.deepEqual(box.delivered, [])

  const again = client()
  deliver(again.socket, box, clock, limits)
  await clock.advance(0)
  assert.deepEqual([again.got, box.delivered], [[1], [1]])
})

test('what another process has stored is found before long', async () => {
  const clock = virtualClock()
  const { socket, got } = client()
  const box = mail()
  deliver(socket, box, clock, limits)
  await clock.advance(0)
  box.waiting.push(1)
  await clock.advance(limits.lookEveryMs)
  assert.deepEqual(got, [1])
})

test('a client that left is not told anything more', async () => {
  const clock = virtualClock()
  const { socket, got, leave } = client()
  const hear = deliver(socket, mail(), clock, limits)
  await clock.advance(0)
  leave()
  hear(letter(1))
  await clock.advance(0)
  assert.deepEqual(got, [])
})

test('when the store is away the client is asked to come back', async () => {
  const clock = virtualClock()
  const { socket, state } = client()
  const away = async (): Promise<never> => {
    throw new Error('the store is away')
  }
  deliver(socket, { ...mail(), undelivered: away }, clock, limits)
  await clock.advance(0)
  assert.equal(state.closed, 1011)
})
