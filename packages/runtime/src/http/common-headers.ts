import type { FastifyReply, FastifyRequest } from 'fastify'

/** An answer of an API is data: nothing may render, frame, guess or keep it. */
const security = {
  'x-content-type-options': 'nosniff',
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
  'referrer-policy': 'no-referrer',
  'cache-control': 'no-store',
}

/** The headers of every answer, its correlation id among them. */
export function setCommonHeaders(request: FastifyRequest, reply: FastifyReply): void {
  reply.headers(security).header('x-correlation-id', request.id)
}
