import { DeadLetters } from './dead-letters.js';
import type { StreamDatabase } from './stream-database.js';
import { StreamProgress } from './stream-progress.js';
import { StreamRequests } from './stream-requests.js';

/** All that is kept of the stream, in one database: what belongs together changes in one transaction. */
export class StreamState {
  readonly progress: StreamProgress;
  readonly deadLetters: DeadLetters;
  readonly requests: StreamRequests;

  constructor(readonly database: StreamDatabase) {
    this.progress = new StreamProgress(database);
    this.deadLetters = new DeadLetters(database);
    this.requests = new StreamRequests(database);
  }

  close(): void {
    this.database.close();
  }
}
