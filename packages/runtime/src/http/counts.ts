/** Counts requests for the rate limits. */
export interface Counts {
  /**
   * Counts a request.
   * @returns how many there were since the first of this key, and for how many milliseconds this still goes on
   */
  count(key: string): Promise<{ readonly current: number; readonly ttl: number }>
  close(): void
}
