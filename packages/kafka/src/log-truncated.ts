/**
 * A partition ends before the position that is saved for it: the topic was made anew, or its brokers lost what they had
 * acknowledged. Going on would pass over what is published there from now on.
 */
export class LogTruncated extends Error {
  readonly code = 'LOG_TRUNCATED'
  readonly family = 'bug'
  readonly help =
    'The topic was made anew or its brokers lost events. Publish them again, or save a position that exists.'

  constructor(topic: string, partition: number, position: number, end: number) {
    super(`Partition ${partition} of ${topic} ends at ${end}; the saved position is ${position}`)
    this.name = 'LogTruncated'
  }
}
