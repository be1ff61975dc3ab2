import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { messageOf, type SystemDef } from '@waybill/core'
import { schemasOf } from './avro.ts'
import type { AvroSchema } from './avro-schema.ts'
import { incompatibilities } from './compatibility.ts'

const suffix = '.avsc'

/** One schema file that does not say what the code says. */
export interface SchemaDrift {
  /** The file's name in the folder: `OrderCreated.avsc`. */
  readonly file: string
  /** `missing`: an event without a file. `extra`: a file without an event. `differs`: another text. */
  readonly drift: 'missing' | 'extra' | 'differs'
  /** Of a file that differs: why events written with its schema cannot be read with the new one, if so. */
  readonly incompatible: readonly string[]
}

/**
 * Compares the schema files in a folder with a system's events.
 * @returns what differs, by file name; none when all is as `writeSchemas` would leave it
 */
export async function checkSchemas(system: SystemDef, folder: string): Promise<readonly SchemaDrift[]> {
  const wanted = textsOf(system)
  const present = await filesIn(folder)
  const drifts: SchemaDrift[] = present
    .filter((file) => !wanted.has(file))
    .map((file) => ({ file, drift: 'extra', incompatible: [] }))
  for (const [file, text] of wanted) {
    if (!present.includes(file)) {
      drifts.push({ file, drift: 'missing', incompatible: [] })
      continue
    }
    const committed = await readFile(join(folder, file), 'utf8')
    if (committed !== text) {
      drifts.push({ file, drift: 'differs', incompatible: reasonsAgainst(text, committed) })
    }
  }
  return drifts.toSorted((a, b) => (a.file < b.file ? -1 : 1))
}

/**
 * Makes the schema files in a folder say what a system's events say: one `<EventType>.avsc` each, no others.
 * It does not ask whether the change is compatible: `checkSchemas` first.
 * @returns what was written or removed
 */
export async function writeSchemas(system: SystemDef, folder: string): Promise<readonly SchemaDrift[]> {
  const drifts = await checkSchemas(system, folder)
  const wanted = textsOf(system)
  await mkdir(folder, { recursive: true })
  for (const { file } of drifts) {
    const text = wanted.get(file)
    await (text === undefined ? rm(join(folder, file)) : writeFile(join(folder, file), text))
  }
  return drifts
}

/** The text of each schema file, by file name. */
function textsOf(system: SystemDef): ReadonlyMap<string, string> {
  const schemas = [...schemasOf(system)]
  return new Map(
    schemas.map(([type, schema]) => [`${type}${suffix}`, `${JSON.stringify(schema, null, 2)}\n`]),
  )
}

async function filesIn(folder: string): Promise<readonly string[]> {
  try {
    return (await readdir(folder)).filter((file) => file.endsWith(suffix))
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return []
    throw error
  }
}

function reasonsAgainst(text: string, committed: string): readonly string[] {
  try {
    return incompatibilities('BACKWARD', JSON.parse(text) as AvroSchema, [
      JSON.parse(committed) as AvroSchema,
    ])
  } catch (error) {
    return [`the committed file is not valid: ${messageOf(error)}`]
  }
}
