import { call, type Send, startTestHost, type TestHost } from '@waybill/cli/testing'
import { demoAccounts } from '@waybill/runtime'
import application from '../index.ts'

export interface Person {
  readonly send: Send
}

/** Someone with an account of their own. */
export interface Customer extends Person {
  readonly userId: string
  readonly email: string
  readonly password: string
}

/** The shop as everybody meets it: through its addresses, and nothing else. */
export interface Shop {
  readonly host: TestHost
  /** As nobody in particular. */
  readonly send: Send
  /** Whose accounts every demo has. */
  readonly demo: Person
  readonly admin: Person
  /** To the port of the administrators, as one of them. */
  readonly console: Send
  logIn(email: string, password: string): Promise<Person>
  signUp(): Promise<Customer>
  /** Puts a product on sale at 1,500 won, and gives its id. */
  stock(pieces: number): Promise<number>
  /** Stops it; throws when it has logged that something is broken. */
  close(): Promise<void>
}

/** Starts the shop as `npm start -- shop` does. */
export async function openShop(options: Parameters<typeof startTestHost>[1] = {}): Promise<Shop> {
  const host = await startTestHost(application, options)
  const send: Send = (request, how) => call(host.address, request, how)

  const tokenOf = async (email: string, password: string): Promise<string> => {
    const { status, body } = await send('POST /api/auth/login', { json: { email, password } })
    expect(status === 200, `${email} cannot log in`, body)
    return body.accessToken
  }
  const as = (token: string): Person => ({ send: (request, how) => send(request, { token, ...how }) })
  const logIn = async (email: string, password: string): Promise<Person> => as(await tokenOf(email, password))

  const [demoAccount, adminAccount] = demoAccounts
  const adminToken = await tokenOf(adminAccount.email, adminAccount.password)
  const admin = as(adminToken)
  return {
    host,
    send,
    logIn,
    admin,
    demo: await logIn(demoAccount.email, demoAccount.password),
    console: (request, how) => call(host.adminAddress, request, { token: adminToken, ...how }),
    async signUp() {
      const account = {
        email: `${crypto.randomUUID()}@example.com`,
        password: 'a good password',
        name: 'Kim',
      }
      const { status, body } = await send('POST /api/auth/register', { json: account })
      expect(status === 201, 'nobody can sign up', body)
      return { ...account, userId: body.userId, ...(await logIn(account.email, account.password)) }
    },
    async stock(pieces) {
      const product = { name: 'Notebook', price: 1_500, stock: pieces }
      const { status, body } = await admin.send('POST /api/products', { json: product })
      expect(status === 201, 'no product can be added', body)
      return body.productId
    },
    async close() {
      await host.stop()
      expect(host.errors.length === 0, 'the shop has logged errors', host.errors)
    },
  }
}

function expect(holds: boolean, otherwise: string, found: unknown): void {
  if (!holds) throw new Error(`${otherwise}: ${JSON.stringify(found)}`)
}
