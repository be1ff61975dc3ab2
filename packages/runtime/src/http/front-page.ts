import { hash } from 'node:crypto'
import type { FastifyInstance } from 'fastify'

/** What stands at `/` of a server. */
export interface FrontPage {
  readonly title: string
  /** One sentence. */
  readonly description: string
  readonly places: readonly Place[]
}

/** Somewhere to go from there. */
export interface Place {
  /** An address on the same server, or elsewhere; with braces it is a pattern and no link. */
  readonly path: string
  readonly what: string
}

const style = `
  :root { color-scheme: light dark; --ink: #1c2530; --soft: #5b6775; --line: #dfe4ea; --paper: #fff; --link: #0b62c4 }
  @media (prefers-color-scheme: dark) {
    :root { --ink: #e6eaef; --soft: #9aa6b4; --line: #303a46; --paper: #151b22; --link: #74b3ff }
  }
  body { margin: 0; background: var(--paper); color: var(--ink); font: 16px/1.5 system-ui, sans-serif }
  main { max-width: 46rem; margin: 12vh auto 4rem; padding: 0 1.5rem }
  h1 { margin: 0; font-size: 1.9rem; letter-spacing: -0.01em }
  p { margin: 0.25rem 0 2rem; color: var(--soft) }
  dl { margin: 0; border-top: 1px solid var(--line) }
  div { padding: 0.75rem 0; border-bottom: 1px solid var(--line) }
  dt { font: 0.95rem/1.5 ui-monospace, monospace; overflow-wrap: anywhere }
  dd { margin: 0; color: var(--soft) }
  a { color: var(--link); text-decoration: none }
  a:hover { text-decoration: underline }
`

/** Nothing but the page's own style: no script, nothing from elsewhere. */
const policy = `default-src 'none'; style-src 'sha256-${hash('sha256', style, 'base64')}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`

/** `/`: whoever opens the bare address sees what is there. As JSON for those who would rather have that. */
export function addFrontPage(http: FastifyInstance, page: FrontPage): void {
  const html = render(page)
  http.get('/', { schema: { hide: true } }, (request, reply) => {
    reply.header('vary', 'accept')
    if (prefersJson(request.headers.accept)) return page
    return reply.type('text/html; charset=utf-8').header('content-security-policy', policy).send(html)
  })
}

/** Browsers name HTML first and take anything; a program that wants JSON names it. */
function prefersJson(accept = ''): boolean {
  const json = accept.indexOf('application/json')
  const text = accept.indexOf('text/html')
  return json >= 0 && (text < 0 || json < text)
}

function render({ title, description, places }: FrontPage): string {
  const entries = places.map(({ path, what }) => {
    const name = escape(path)
    const shown = path.includes('{') ? name : `<a href="${name}">${name}</a>`
    return `<div><dt>${shown}</dt><dd>${escape(what)}</dd></div>`
  })
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>${escape(title)}</title>
<style>${style}</style>
</head>
<body>
<main>
<h1>${escape(title)}</h1>
<p>${escape(description)}</p>
<dl>
${entries.join('\n')}
</dl>
</main>
</body>
</html>
`
}

function escape(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;')
}
