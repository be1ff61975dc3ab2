import assert from 'node:assert/strict'
import { EventEmitter } from 'node:events'
import { test } from 'node:test'
import { testId, virtualClock } from '@waybill/testing'
import type { Notification } from '../events.ts'
import { orderId, userId } from '../test-data.ts'
import type { Socket } from './delivery.ts'
import { createListeners, listenerLimits } from './listeners.ts'

const letter: Notification = {
  notificationId: testId(1),
  orderId,
  userId,
  type: 'ORDER_CONFIRMED',
  status: 'CONFIRMED',
  message: '',
  at: '2026-01-01T12:00:00.000Z',
}

function setUp() {
  const clock = virtualClock()
  const listeners = createListeners(clock)
  const connect = (user = userId) => {
    const events = new EventEmitter()
    const state = { heard: 0, closed: 0, leave: () => void events.emit('close') }
    const socket: Socket = {
      send: () => {},
      ping: () => {},
      terminate: () => {},
      // A client that never answers that it closes.
      close: (code) => (state.closed = code),
      on: (event, listener) => events.on(event, listener),
    }
    listeners.add(user, socket, () => (state.heard += 1))
    return state
  }
  return { clock, listeners, connect }
}

test('an account has ten sockets: for one more the oldest goes', () => {
  const { listeners, connect } = setUp()
  const sockets = Array.from({ length: 12 }, () => connect())
  const other = connect('somebody')
  assert.deepEqual(
    sockets.map(({ closed }) => closed),
    [4429, 4429, ...Array<number>(10).fill(0)],
  )
  listeners.tell(letter)
  assert.deepEqual(
    sockets.map(({ heard }) => heard),
    [0, 0, ...Array<number>(10).fill(1)],
  )
  assert.deepEqual([other.heard, other.closed], [0, 0])

  sockets[5]!.leave()
  connect()
  assert.equal(sockets[2]!.closed, 0)
})

test('a socket is open as long as an access token holds', async () => {
  const { clock, listeners, connect } = setUp()
  const socket = connect()
  const gone = connect()
  gone.leave()
  await clock.advance(listenerLimits.openMs - 1)
  assert.equal(socket.closed, 0)
  await clock.advance(1)
  assert.equal(socket.closed, 4401)
  assert.equal(gone.closed, 0)
  listeners.tell(letter)
  assert.equal(socket.heard, 0)
})
