/** A type as it is, where JSON can hold its values; else `never` in the place of what it can't. */
export type Json<T> = unknown extends T
  ? T
  : T extends string | number | boolean | null | undefined
    ? T
    : T extends bigint | symbol | Date | Set<unknown> | Map<unknown, unknown> | ((...args: never) => unknown)
      ? never
      : { [K in keyof T]: Json<T[K]> }
