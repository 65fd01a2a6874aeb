import { GraphQLError } from 'graphql';
import { AuthenticationRefused, type AuthenticatedCaller, type Authentication } from '../commands/authentication.js';
import type { Call } from '../commands/change.js';
import type { AuthenticationFailure } from '../domain/security-log/events.js';

/** Nobody was recognised. `authenticate` is the value of the header WWW-Authenticate (RFC 6750). */
export interface Unrecognised {
  readonly error: GraphQLError;
  readonly authenticate: string;
}

/** Finds out who calls, and has it recorded when nobody is recognised. */
export class Recognition {
  constructor(
    readonly authentication: Pick<Authentication, 'authenticate' | 'stillStands'>,
    /** `tokenId`: of the token that was shown, where it was one of ours. */
    readonly authenticationFailed: (call: Call, cause: AuthenticationFailure, tokenId: string | null) => void,
  ) {}

  /** @param authorization `Bearer <token>`. */
  recognise(authorization: string | undefined, call: Call): AuthenticatedCaller | Unrecognised {
    if (authorization === undefined) return this.#unrecognised(call, 'MALFORMED', 'A token is needed. Send it as: Authorization: Bearer <token>.', 'Bearer');
    try {
      return this.authentication.authenticate(authorization, call);
    } catch (error) {
      if (!(error instanceof AuthenticationRefused)) throw error;
      return this.#unrecognised(call, error.failure, error.message, 'Bearer error="invalid_token"', error.tokenId);
    }
  }

  stillStands(caller: AuthenticatedCaller): boolean {
    return this.authentication.stillStands(caller);
  }

  #unrecognised(call: Call, cause: AuthenticationFailure, message: string, authenticate: string, tokenId: string | null = null): Unrecognised {
    this.authenticationFailed(call, cause, tokenId);
    return { error: new GraphQLError(message, { extensions: { code: 'UNAUTHENTICATED' } }), authenticate };
  }
}
