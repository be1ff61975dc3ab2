import { kafkaProgram } from './kafka-server.ts'
import { MissingTool } from './missing-tool.ts'

/**
 * For the `skip` of tests on a real broker: false where one can be started, else what is missing, loudly.
 * @throws MissingTool where CI is `true`: there nothing may be skipped
 */
export async function skipWithoutKafka(): Promise<string | false> {
  try {
    await kafkaProgram()
    return false
  } catch (error) {
    if (!(error instanceof MissingTool) || process.env['CI'] === 'true') throw error
    console.warn(`TESTS ON APACHE KAFKA ARE SKIPPED. ${error.message}`)
    return error.message
  }
}
