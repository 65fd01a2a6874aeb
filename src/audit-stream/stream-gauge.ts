import { lagBehind } from './stream-places.js';
import type { Cursor, StreamLag } from './stream-progress.js';
import type { StreamSurroundings } from './stream-surroundings.js';

/** How long a measurement is shown on the command line before it is kept anew though it is the same, in milliseconds. */
const stillFresh = 60_000;

/** How far behind the stream is. Whoever asks gets what was measured last: the trail itself may be out of reach. */
export class StreamGauge {
  #lag: StreamLag;

  constructor(readonly surroundings: Pick<StreamSurroundings, 'trail' | 'state' | 'now'>) {
    this.#lag = surroundings.state.progress.lag() ?? { entriesBehind: 0, secondsBehind: 0 };
  }

  get lag(): StreamLag {
    return this.#lag;
  }

  /** @throws {ViewUnavailable} the trail cannot be asked. */
  measure(cursor: Cursor): void {
    const { trail, state, now } = this.surroundings;
    this.#lag = lagBehind(trail, cursor, now());
    const kept = state.progress.lag();
    if (kept?.entriesBehind === this.#lag.entriesBehind && now().getTime() - kept.measuredAt.getTime() < stillFresh) return;
    state.progress.measured(this.#lag, now());
  }
}
