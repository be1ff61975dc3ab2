import { call, type Send } from '@waybill/cli/testing'
import { demoAccounts } from '@waybill/runtime'

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
  /** Of its gateway. */
  readonly address: string
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
}

/**
 * Comes to a shop that is open.
 * @param adminAddressOf the port of the administrators that answers such a request; each process has one
 */
export async function meetShop(address: string, adminAddressOf: (request: string) => string): Promise<Shop> {
  const send: Send = (request, how) => call(address, request, how)

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
    address,
    send,
    logIn,
    admin,
    demo: await logIn(demoAccount.email, demoAccount.password),
    console: (request, how) => call(adminAddressOf(request), request, { token: adminToken, ...how }),
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
  }
}

function expect(holds: boolean, otherwise: string, found: unknown): void {
  if (!holds) throw new Error(`${otherwise}: ${JSON.stringify(found)}`)
}
