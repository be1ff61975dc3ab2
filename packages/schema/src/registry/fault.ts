import type { CompatibilityLevel } from '../compatibility.ts'
import { detailsIn, reasonsIn, type Refusal } from './refusals.ts'

/** Why a registry refuses something, with the code that Confluent's REST API has for it. */
export class RegistryFault extends Error {
  /** Its first three digits are the status of the answer. */
  readonly code: number
  /** Of an incompatible schema. */
  readonly reasons: readonly string[]

  constructor(code: number, message: string, reasons: readonly string[] = []) {
    super(message)
    this.name = 'RegistryFault'
    this.code = code
    this.reasons = reasons
  }
}

/** The refusals. Their texts are Confluent's, since there are clients that read them. */
export const faults = {
  noSubject: (subject: string) => new RegistryFault(40401, `Subject '${subject}' not found.`),
  noVersion: (version: number | string) => new RegistryFault(40402, `Version ${version} not found.`),
  noSchema: (id?: number | string) =>
    new RegistryFault(40403, id === undefined ? 'Schema not found' : `Schema ${id} not found`),
  subjectDeleted: (subject: string) =>
    new RegistryFault(
      40404,
      `Subject '${subject}' was soft deleted. Set permanent=true to delete permanently`,
    ),
  subjectNotDeleted: (subject: string) =>
    new RegistryFault(40405, `Subject '${subject}' was not deleted first before being permanently deleted`),
  versionDeleted: (subject: string, version: number) =>
    new RegistryFault(
      40406,
      `Subject '${subject}' Version ${version} was soft deleted. Set permanent=true to delete permanently`,
    ),
  versionNotDeleted: (subject: string, version: number) =>
    new RegistryFault(
      40407,
      `Subject '${subject}' Version ${version} was not deleted first before being permanently deleted`,
    ),
  noLevel: (subject: string) =>
    new RegistryFault(40408, `Subject '${subject}' does not have subject-level compatibility configured`),
  noMode: (subject: string) =>
    new RegistryFault(40409, `Subject '${subject}' does not have subject-level mode configured`),
  incompatible: (subject: string, level: CompatibilityLevel, refusals: readonly Refusal[]) =>
    new RegistryFault(
      40901,
      `Schema being registered is incompatible with an earlier schema for subject "${subject}", details: [${detailsIn(level, refusals).join(', ')}]`,
      reasonsIn(refusals),
    ),
  badSchema: (reason: string) => new RegistryFault(42201, `Invalid schema: ${reason}`),
  badVersion: (version: string) =>
    new RegistryFault(
      42202,
      `The specified version '${version}' is not a valid version id. Allowed values are between [1, 2^31-1] and the string "latest"`,
    ),
  badLevel: (allowed: readonly string[]) =>
    new RegistryFault(42203, `Invalid compatibility level. Valid values are ${allowed.join(', ')}`),
  badMode: (allowed: readonly string[]) =>
    new RegistryFault(42204, `Invalid mode. Valid values are ${allowed.join(', ')}`),
  notPermitted: (reason: string) => new RegistryFault(42205, reason),
  referred: (subject: string, version: number) =>
    new RegistryFault(
      42206,
      `One or more references exist to the schema {subject=${subject},version=${version}}`,
    ),
  badSubject: (subject: string) =>
    new RegistryFault(42208, `The specified subject '${subject}' is not a valid subject.`),
} as const
