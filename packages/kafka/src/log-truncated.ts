/**
 * A partition does not have what the saved position speaks of: the topic was made anew, or its brokers lost what they
 * had acknowledged. Going on would pass over what is published there from now on, or was there before.
 */
export class LogTruncated extends Error {
  readonly code = 'LOG_TRUNCATED'
  readonly family = 'bug'
  readonly help =
    'No service of this database has the events of the topic, so nobody can tell what is missing. Publish them again, then delete the saved offset: the partition is read from its beginning.'

  /** @param found what is there instead, a sentence without its end */
  constructor(topic: string, partition: number, position: number, found: string) {
    super(`Partition ${partition} of ${topic} was read up to ${position}, but ${found}`)
    this.name = 'LogTruncated'
  }
}
