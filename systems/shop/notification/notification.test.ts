import assert from 'node:assert/strict'
import { test } from 'node:test'
import { given, givenView, testCaller, testId } from '@waybill/testing'
import { NotificationSent } from '../events.ts'
import { cancelled, completed, created, orderId, outOfStock, userId } from '../test-data.ts'
import { confirmDelivery, Mailbox, Notifications, NotificationsDelivered } from './mailbox.ts'
import { Outcome, remember, tellConfirmed, tellOtherCancellations, tellOutOfStock } from './outcome.ts'
import { issueTicket, partsOf, redeemTicket, TicketIssued, TicketRedeemed, Tickets } from './ticket.ts'

const about = { notificationId: testId(1), orderId, userId, at: '2026-01-01T12:00:00.000Z' }
const confirmed = NotificationSent({
  ...about,
  type: 'ORDER_CONFIRMED',
  status: 'CONFIRMED',
  message: 'Your order is confirmed.',
})
const cancellation = (reason: string, why: string) =>
  NotificationSent({
    ...about,
    type: 'ORDER_CANCELLED',
    status: 'CANCELLED',
    reason,
    message: `Your order was cancelled: ${why}.`,
  })
const soldOut = cancellation('OUT_OF_STOCK', 'a product is out of stock')

test('a user hears that an order is confirmed', () => {
  given().when(remember, created).thenNothing()
  given(Outcome, created).when(tellConfirmed, completed).then(confirmed)
})

test('a user hears that an order is cancelled, and why', () => {
  given(Outcome, created).when(tellOutOfStock, outOfStock).then(soldOut)
  given(Outcome, created)
    .when(tellOtherCancellations, cancelled('CARD_DECLINED'))
    .then(cancellation('CARD_DECLINED', 'the card was declined'))
  given(Outcome, created)
    .when(tellOtherCancellations, cancelled('A_NEW_REASON'))
    .then(cancellation('A_NEW_REASON', 'A_NEW_REASON'))
})

test('each outcome is told once', () => {
  given(Outcome, confirmed).when(tellConfirmed, completed).thenNothing()
  given(Outcome, soldOut).when(tellOtherCancellations, cancelled('OUT_OF_STOCK')).thenNothing()
  given(Outcome, cancellation('TIMEOUT', 'it could not be completed in time'))
    .when(tellOutOfStock, outOfStock)
    .thenNothing()
})

test('a confirmed order may still be cancelled, a cancelled one is never confirmed', () => {
  given(Outcome, confirmed)
    .when(tellOtherCancellations, cancelled('CUSTOMER'))
    .then(cancellation('CUSTOMER', 'you asked for it'))
  given(Outcome, soldOut).when(tellConfirmed, completed).thenNothing()
})

test('a notification waits until its user has it', () => {
  const delivered = NotificationsDelivered({ userId, notificationIds: [testId(1)] })
  given(Mailbox)
    .when(confirmDelivery, { userId, notificationIds: [testId(1)] })
    .then(delivered)
  const waiting = givenView(Notifications).on(confirmed)
  assert.equal(waiting.row(testId(1))!.delivered, false)
  assert.equal(waiting.on(delivered).row(testId(1))!.delivered, true)
})

const ticketOf = (n: number) => ({ ticket: testId(n), userId: testCaller.userId })
const issued = (n: number) => TicketIssued({ ...ticketOf(n), expiresAt: '2026-01-01T12:00:30.000Z' })
const redeemed = TicketRedeemed({ ticket: testId(1) })
const at = (second: number) => ({ at: new Date(Date.UTC(2026, 0, 1, 12, 0, second)) })

test('a ticket is good for thirty seconds', () => {
  const shown = `${testId(1)}.${testCaller.userId}`
  given().when(issueTicket, {}).then(issued(1)).thenReplies({ ticket: shown, expiresIn: 30 })
  assert.deepEqual(partsOf(shown), ticketOf(1))
  given(Tickets, issued(1)).when(redeemTicket, ticketOf(1), at(30)).then(redeemed)
  given(Tickets, issued(1)).when(redeemTicket, ticketOf(1), at(31)).thenRefused('TICKET_INVALID')
})

test('and for one socket', () => {
  given(Tickets, issued(1), redeemed).when(redeemTicket, ticketOf(1)).thenRefused('TICKET_INVALID')
  given(Tickets, issued(1)).when(redeemTicket, ticketOf(2)).thenRefused('TICKET_INVALID')
})

test('of the tickets of an account the last ten are good', () => {
  const many = Array.from({ length: 6_000 }, (_, n) => issued(n + 1))
  const fold = Tickets.evolves.get(TicketIssued.type)!
  const state = many.reduce((open, { data }) => fold(open, data, '', at(0).at), Tickets.initial)
  assert.equal(state.length, 10)
  given(Tickets, ...many.slice(0, 11))
    .when(redeemTicket, ticketOf(1))
    .thenRefused('TICKET_INVALID')
  given(Tickets, ...many.slice(0, 11))
    .when(redeemTicket, ticketOf(2))
    .then(TicketRedeemed({ ticket: testId(2) }))
})

test('what is no ticket is asked of nobody', () => {
  for (const text of [
    '',
    'made up',
    testId(1),
    `${testId(1)}.`,
    `${testId(1)}.${'x'.repeat(101)}`,
    `x.${testId(1)}`,
  ]) {
    assert.equal(partsOf(text), undefined, text)
  }
  assert.equal(partsOf(undefined), undefined)
  assert.equal(partsOf([`${testId(1)}.u`, 'b']), undefined)
})
