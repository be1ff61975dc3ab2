/** A program that this machine lacks. The message says what to install. */
export class MissingTool extends Error {
  constructor(what: string, install: string) {
    super(`${what} is missing. Install it, for example: ${install}`)
    this.name = 'MissingTool'
  }
}
