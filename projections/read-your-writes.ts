import { createHash } from 'node:crypto';
import type { Position, StreamId } from '../src/event-store/event-store.js';

/** The consistency token is damaged, or none of this service. */
export class InvalidConsistencyToken extends Error {
  override readonly name = 'InvalidConsistencyToken';
  constructor() {
    super('This is no consistency token of this service. Send one back as it came, or leave it out.');
  }
}

/** What waits until a view is as far as a position, or so many milliseconds have passed. */
interface Followed {
  waitFor(position: Position, timeoutMilliseconds: number): Promise<boolean>;
}

/** How writers and readers wait for the views of this process. */
export class ReadYourWrites {
  constructor(
    readonly views: readonly Followed[],
    readonly timeoutMilliseconds: number,
    /** Where events of the command stand already; null when the views know of none. */
    readonly streamOfCommand: (commandId: string) => StreamId | null,
  ) {}

  /** True when all views hold the position within the deadline. */
  async reached(position: Position): Promise<boolean> {
    const each = await Promise.all(this.views.map((view) => view.waitFor(position, this.timeoutMilliseconds)));
    return each.every(Boolean);
  }

  /** A position in opaque text, which tells when it was mistyped. */
  token(position: Position): string {
    const text = position.toString(36);
    return `${text}.${checkOf(text)}`;
  }

  /**
   * As {@link reached}, for a token that was given out before, on this node or another one.
   * @throws {InvalidConsistencyToken}
   */
  async reachedToken(token: string): Promise<boolean> {
    return this.reached(parseToken(token));
  }
}

function parseToken(token: string): Position {
  const [, text = '', check] = /^([0-9a-z]{1,13})\.([\w-]{6})$/.exec(token) ?? [];
  if (text === '' || check !== checkOf(text)) throw new InvalidConsistencyToken();
  return [...text].reduce((position, digit) => position * 36n + BigInt(Number.parseInt(digit, 36)), 0n);
}

function checkOf(text: string): string {
  return createHash('sha256').update(`consistency token ${text}`).digest('base64url').slice(0, 6);
}
