import { randomUUID } from 'node:crypto';
import { apiTokenDecider, type ApiTokenCommand } from '../domain/api-token/decide.js';
import type { ApiTokenEvent } from '../domain/api-token/events.js';
import type { ApiToken } from '../domain/api-token/state.js';
import type { Actor } from '../domain/access/actor.js';
import type { Role } from '../domain/access/role.js';
import { actorOf, isApiTokenEvent, upcast } from '../domain/event-catalogue.js';
import { apiTokenStream } from '../domain/streams.js';
import type { EventStore, RecordedEvent } from '../event-store/event-store.js';
import type { Call, Changed, ChangeOptions } from './change.js';
import type { CommandHandler } from './command-handler.js';
import { commandIdOf } from './event-metadata.js';
import { newTokenText, tokenIdOf, verifierOf } from './token-text.js';

/** A token as everybody who may see tokens sees it. */
export interface IssuedApiToken {
  readonly id: string;
  readonly name: string;
  readonly role: Role;
  readonly createdAt: string; // ISO 8601
  readonly createdBy: Actor;
  readonly expiresAt: string | null;
  readonly lastUsedAt: string | null;
  readonly revokedAt: string | null;
}

export interface IssueApiToken {
  readonly name: string;
  readonly role: Role;
  readonly expiresAt: Date | null;
  /** Only the first start issues one. */
  readonly bootstrap?: boolean;
}

/** Issues and revokes the tokens that callers show. */
export class ApiTokenCommands {
  constructor(
    readonly handler: CommandHandler,
    readonly store: EventStore,
    readonly verifierKey: Buffer,
    readonly now: () => Date,
  ) {}

  /** `token` is the one time that the token is shown; null when the change was refused or repeats an earlier one. */
  async issue(call: Call, input: IssueApiToken, options: ChangeOptions): Promise<Changed<IssuedApiToken> & { readonly token: string | null }> {
    const made: { token: string | null } = { token: null };
    const { idempotencyKey } = options;
    const id = tokenIdOf(idempotencyKey ? commandIdOf(call, idempotencyKey) : randomUUID());
    const changed = await this.#change(call, 'issueApiToken', id, input, options, (now) => {
      const text = newTokenText(id);
      made.token = text;
      return {
        type: 'IssueApiToken',
        id,
        name: input.name,
        role: input.role,
        verifier: verifierOf(text, this.verifierKey),
        expiresAt: input.expiresAt?.toISOString() ?? null,
        bootstrap: input.bootstrap ?? false,
        now,
      };
    });
    return { ...changed, token: changed.entity && made.token && (await this.#isStored(id, made.token)) ? made.token : null };
  }

  /** Another node may have been first with the same idempotency key; then it is that one's token that opens. */
  async #isStored(id: string, text: string): Promise<boolean> {
    for await (const event of this.store.readStream(apiTokenStream(id), { maxCount: 1 })) {
      const issued = upcast(event);
      return issued?.type === 'ApiTokenIssued' && issued.data.verifier === verifierOf(text, this.verifierKey);
    }
    return false;
  }

  revoke(call: Call, { id }: { readonly id: string }, options: ChangeOptions): Promise<Changed<IssuedApiToken>> {
    return this.#change(call, 'revokeApiToken', id, { id }, options, () => ({ type: 'RevokeApiToken' }));
  }

  /** Notes that the token was used; what `lastUsedAt` is read from. */
  noteUse(call: Call, id: string): Promise<Changed<IssuedApiToken>> {
    return this.#change(call, 'authenticate', id, { id }, {}, () => ({ type: 'NoteUse', ip: call.ip }));
  }

  #change(
    call: Call,
    name: string,
    id: string,
    input: unknown,
    options: ChangeOptions,
    command: (now: string) => ApiTokenCommand,
  ): Promise<Changed<IssuedApiToken>> {
    const streamId = apiTokenStream(id);
    return this.handler.handle<ApiToken, ApiTokenCommand, ApiTokenEvent, IssuedApiToken>({
      call,
      attempt: { command: name, entityType: 'ApiToken', entityId: id.slice(0, 64) },
      options,
      streamId,
      decider: apiTokenDecider,
      isOwn: isApiTokenEvent,
      fingerprintedInput: () => Promise.resolve(input),
      command: () => command(this.now().toISOString()),
      entity: async (version) => {
        const recorded: RecordedEvent[] = [];
        for await (const event of this.store.readStream(streamId, { maxCount: Math.max(version, 1) })) recorded.push(event);
        return issuedApiToken(recorded);
      },
    });
  }
}

function issuedApiToken(recorded: readonly RecordedEvent[]): IssuedApiToken | null {
  return recorded.reduce<IssuedApiToken | null>((token, event) => {
    const known = upcast(event);
    const at = event.recordedAt.toISOString();
    if (known?.type === 'ApiTokenIssued') {
      const { id, name, role, expiresAt } = known.data;
      return { id, name, role, expiresAt, createdAt: at, createdBy: actorOf(event.metadata), lastUsedAt: null, revokedAt: null };
    }
    if (known?.type === 'ApiTokenRevoked') return token && { ...token, revokedAt: token.revokedAt ?? at };
    if (known?.type === 'ApiTokenUsed') return token && { ...token, lastUsedAt: at };
    return token;
  }, null);
}
