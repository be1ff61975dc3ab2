import avsc, { type Type } from 'avsc'

/** The part of avsc's position in bytes that its types use. */
export interface Tap {
  readonly buf: Uint8Array
  pos: number
  readFloat(): number
  readDouble(): number
  readLong(): number
  skipLong(): void
  readString(): string
  writeDouble(value: number): void
  writeLong(value: number): void
}

/** How a type reads what was written as another one. */
interface Resolver {
  _read: (tap: Tap) => unknown
}

/** What a value that does not fit is told to. */
type Hook = (value: unknown, type: Type) => void

/** Up to here avsc's arithmetic is exact: it doubles a number, and beyond a negative one became a positive one. */
const exactMax = 2 ** 52

/** Integers that a number of JavaScript holds exactly, ±(2^53 - 1). Others are refused, not rounded. */
export class ExactLong extends avsc.types.LongType {
  _check(value: unknown, _flags: unknown, hook?: Hook): boolean {
    const exact = Number.isSafeInteger(value)
    if (!exact) hook?.(value, this)
    return exact
  }

  _read(tap: Tap): number {
    return readExact(tap)
  }

  _write(tap: Tap, value: unknown): void {
    if (!Number.isSafeInteger(value)) throw new Error('not an integer that a number holds exactly')
    if (Math.abs(value as number) < exactMax) tap.writeLong(value as number)
    else writeExact(tap, BigInt(value as number))
  }
}

/** Refuses NaN and infinities: JSON has no word for them, and what was stored could not be read again. */
export class FiniteDouble extends avsc.types.DoubleType {
  _check(value: unknown, _flags: unknown, hook?: Hook): boolean {
    const finite = Number.isFinite(value)
    if (!finite) hook?.(value, this)
    return finite
  }

  _read(tap: Tap): number {
    return finite(tap.readDouble())
  }

  _write(tap: Tap, value: unknown): void {
    tap.writeDouble(finite(value as number))
  }

  _update(resolver: Resolver, writer: Type): void {
    if (writer.typeName === 'float') resolver._read = (tap) => finite(tap.readFloat())
    else if (writer.typeName === 'double') resolver._read = (tap) => this._read(tap)
    else if (writer.typeName === 'int' || writer.typeName === 'long') resolver._read = readExact
  }
}

/** Reads bytes as text only where they are text, and a decimal, whose bytes are a number, never. */
export class ExactString extends avsc.types.StringType {
  _update(resolver: Resolver, writer: Type): void {
    if (writer instanceof Decimal) {
      resolver._read = () => {
        throw new Error('a decimal, which is no string')
      }
    } else if (writer.typeName === 'bytes') resolver._read = readText
    else if (writer.typeName === 'string') resolver._read = (tap) => tap.readString()
  }
}

/** The bytes of a decimal. No type of Waybill's reads them; a writer of another make may have them. */
export class Decimal extends avsc.types.BytesType {}

function finite(value: number): number {
  if (!Number.isFinite(value)) throw new Error('not a finite number')
  return value
}

function readText(tap: Tap): string {
  const text = tap.readString()
  // What stands for bytes that are no UTF-8 may also have been written.
  if (text?.includes('\uFFFD')) {
    const length = Buffer.byteLength(text)
    const bytes = tap.buf.subarray(Math.max(0, tap.pos - length), tap.pos)
    if (!Buffer.from(text).equals(bytes)) throw new Error('bytes that are no UTF-8')
  }
  return text
}

function readExact(tap: Tap): number {
  const begin = tap.pos
  const value = tap.readLong()
  // At the end of the bytes it is no number yet; that is told elsewhere.
  if (Math.abs(value) < exactMax || tap.pos > tap.buf.length) return value
  let raw = 0n
  for (let at = tap.pos - 1; at >= begin; at -= 1) raw = (raw << 7n) | BigInt(tap.buf[at]! & 0x7f)
  const exact = Number((raw >> 1n) ^ -(raw & 1n))
  if (!Number.isSafeInteger(exact))
    throw new Error('an integer beyond ±(2^53 - 1), which a number cannot hold')
  return exact
}

function writeExact(tap: Tap, value: bigint): void {
  let raw = value < 0n ? -2n * value - 1n : 2n * value
  for (; raw > 0x7fn; raw >>= 7n) tap.buf[tap.pos++] = Number(raw & 0x7fn) | 0x80
  tap.buf[tap.pos++] = Number(raw)
}
