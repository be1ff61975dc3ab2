import { readFileSync } from 'node:fs'
import { messageOf } from '@waybill/core'

/** What a variable takes: how to read it, and the words for what is allowed. */
export interface Kind<T> {
  readonly allowed: string
  /** `undefined`: the text is not allowed. */
  parse(text: string): T | undefined
}

/** Reads variables and keeps what is wrong with them, so that all mistakes can be named at once. */
export interface Environment {
  readonly mistakes: string[]
  /** An empty variable counts as one that is not set. */
  read<T>(name: string, kind: Kind<T>): T | undefined
  /** One whose value may hold a password: it is never shown, and `<name>_FILE` may name a file that has it. */
  readSecret<T>(name: string, kind: Kind<T>): T | undefined
}

export function createEnvironment(variables: Readonly<Record<string, string | undefined>>): Environment {
  const mistakes: string[] = []

  const parse = <T>(name: string, text: string, kind: Kind<T>, shown: string): T | undefined => {
    const value = kind.parse(text)
    if (value === undefined) mistakes.push(`${name} is ${shown}; allowed: ${kind.allowed}`)
    return value
  }

  const fileText = (name: string, path: string): string | undefined => {
    try {
      return readFileSync(path, 'utf8').trim()
    } catch (error) {
      mistakes.push(
        `${name} cannot be read (${messageOf(error)}); allowed: a file with the secret as its only text`,
      )
      return undefined
    }
  }

  return {
    mistakes,
    read(name, kind) {
      const text = variables[name]
      return text ? parse(name, text, kind, `'${withoutPassword(text)}'`) : undefined
    },
    readSecret(name, kind) {
      const text = variables[name]
      const fileName = `${name}_FILE`
      const path = variables[fileName]
      if (text && path) mistakes.push(`${name} and ${fileName} are both set; allowed: one of them`)
      if (text) return parse(name, text, kind, 'not usable')
      const content = path ? fileText(fileName, path) : undefined
      return content === undefined
        ? undefined
        : parse(fileName, content, kind, 'a file whose text is not usable')
    },
  }
}

/** Nobody should put one there, but who does must not find it in a log. */
function withoutPassword(text: string): string {
  return text.replace(/\/\/.*@/s, '//…@')
}
