import { hash, timingSafeEqual } from 'node:crypto';
import type { Actor } from '../domain/access/actor.js';
import type { Role } from '../domain/access/role.js';
import type { AuthenticationFailure } from '../domain/security-log/events.js';
import type { Call } from './change.js';
import { idOfToken, verifierOf } from './token-text.js';

/** What is known of a token when somebody shows it. */
export interface StoredToken {
  readonly id: string;
  readonly name: string;
  readonly role: Role;
  readonly verifier: string;
  readonly expiresAt: string | null;
  readonly revokedAt: string | null;
  readonly lastUsedAt: string | null;
  readonly bootstrap: boolean;
}

/** From where a token was shown. */
export type RequestOrigin = Pick<Call, 'requestId' | 'ip' | 'userAgent' | 'clientName'>;

/** Who is calling, once that is proved. */
export interface AuthenticatedCaller {
  readonly actor: Actor;
  readonly role: Role;
  readonly tokenId: string;
  readonly expiresAt: Date | null;
}

/** Why nobody was recognised. `cause` is for the audit trail; the caller is told no more than that the token is not valid, or that it has expired. */
export class AuthenticationRefused extends Error {
  override readonly name = 'AuthenticationRefused';
  /** @param tokenId the token that was shown, where it was one of ours; null otherwise. */
  constructor(
    readonly failure: AuthenticationFailure,
    readonly tokenId: string | null = null,
  ) {
    super(
      failure === 'EXPIRED'
        ? 'The token has expired. Ask an administrator for a new one.'
        : 'The token is not valid. Send it as: Authorization: Bearer <token>.',
    );
  }
}

const useIsNotedEvery = 3_600_000; // milliseconds
/** So long is waited where the log did not take it. */
const triedAgainAfter = 60_000; // milliseconds
const mostVerifiers = 10_000;

/** Recognises callers by the token they show. */
export class Authentication {
  readonly #noted = new Map<string, number>();
  /** By SHA-256 of tokens that were shown and found right: their verifiers, which cost several times a digest. Whether a token still stands is not kept. */
  readonly #verifiers = new Map<string, string>();

  constructor(
    readonly verifierKey: Buffer,
    readonly tokenOf: (id: string) => StoredToken | null,
    /** Resolves to whether the use is on record; never rejects. */
    readonly noteUse: (caller: AuthenticatedCaller, origin: RequestOrigin) => Promise<boolean>,
    readonly now: () => Date,
  ) {}

  /**
   * @param authorization the header's value, `Bearer <token>`.
   * @throws {AuthenticationRefused} malformed, unknown, expired or revoked.
   */
  authenticate(authorization: string, origin: RequestOrigin): AuthenticatedCaller {
    const text = /^Bearer +([^\s]+) *$/i.exec(authorization)?.[1];
    const id = text === undefined ? null : idOfToken(text);
    if (text === undefined || id === null) throw new AuthenticationRefused('MALFORMED');
    const token = this.tokenOf(id);
    if (token === null || !this.#isRight(text, token)) throw new AuthenticationRefused('UNKNOWN');
    const caller = this.#callerOf(token);
    this.#note(token, caller, origin);
    return caller;
  }

  /** Whether the caller's token still stands: for connections that outlive a request. */
  stillStands(caller: AuthenticatedCaller): boolean {
    const token = this.tokenOf(caller.tokenId);
    return token !== null && token.revokedAt === null && (token.expiresAt === null || new Date(token.expiresAt) > this.now());
  }

  /** 256 random bits stand behind a digest, so it says nothing about its token, and nobody meets another's. */
  #isRight(text: string, { verifier }: StoredToken): boolean {
    const digest = hash('sha256', text, 'base64');
    const known = this.#verifiers.get(digest);
    if (known !== undefined) return sameText(known, verifier);
    if (!sameText(verifierOf(text, this.verifierKey), verifier)) return false;
    if (this.#verifiers.size >= mostVerifiers) this.#verifiers.clear();
    this.#verifiers.set(digest, verifier);
    return true;
  }

  #callerOf(token: StoredToken): AuthenticatedCaller {
    if (token.revokedAt !== null) throw new AuthenticationRefused('REVOKED', token.id);
    const expiresAt = token.expiresAt === null ? null : new Date(token.expiresAt);
    if (expiresAt !== null && expiresAt <= this.now()) throw new AuthenticationRefused('EXPIRED', token.id);
    const actor: Actor = { kind: token.bootstrap ? 'BOOTSTRAP' : 'API_TOKEN', id: token.id, displayName: token.name };
    return { actor, role: token.role, tokenId: token.id, expiresAt };
  }

  /** The use is noted at most once an hour: a write a request would be too dear, and nobody asks for the minute. */
  #note(token: StoredToken, caller: AuthenticatedCaller, origin: RequestOrigin): void {
    const now = this.now().getTime();
    const last = Math.max(this.#noted.get(token.id) ?? 0, token.lastUsedAt === null ? 0 : Date.parse(token.lastUsedAt));
    if (now - last < useIsNotedEvery) return;
    this.#noted.set(token.id, now);
    void this.noteUse(caller, origin).then((noted) => {
      if (!noted) this.#noted.set(token.id, now - useIsNotedEvery + triedAgainAfter);
    });
  }
}

function sameText(one: string, other: string): boolean {
  const left = Buffer.from(one);
  const right = Buffer.from(other);
  return left.length === right.length && timingSafeEqual(left, right);
}
