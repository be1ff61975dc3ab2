import { kafkaProgram } from './kafka.ts'
import { MissingTool } from './missing-tool.ts'
import { pythonWith } from './python.ts'
import { redisProgram } from './redis.ts'
import { registryProgram } from './registry.ts'

/** For the `skip` of tests on a real broker. See `skipUnless`. */
export function skipWithoutKafka(): Promise<string | false> {
  return skipUnless('APACHE KAFKA', kafkaProgram)
}

/** For the `skip` of tests on a real Redis. See `skipUnless`. */
export function skipWithoutRedis(): Promise<string | false> {
  return skipUnless('REDIS', redisProgram)
}

/** For the `skip` of tests on a real schema registry. See `skipUnless`. */
export function skipWithoutRegistry(): Promise<string | false> {
  return skipUnless('A SCHEMA REGISTRY', registryProgram)
}

/** For the `skip` of tests with programs in Python, which need these packages. See `skipUnless`. */
export function skipWithoutPython(requirements: URL): Promise<string | false> {
  return skipUnless('PYTHON', () => pythonWith(requirements))
}

/**
 * False where a program is there, else what is missing, loudly.
 * @throws MissingTool where CI is `true`: there nothing may be skipped
 */
async function skipUnless(name: string, program: () => Promise<unknown>): Promise<string | false> {
  try {
    await program()
    return false
  } catch (error) {
    if (!(error instanceof MissingTool) || process.env['CI'] === 'true') throw error
    console.warn(`TESTS ON ${name} ARE SKIPPED. ${error.message}`)
    return error.message
  }
}
