import type { Actor } from '../access/actor.js';
import type { Endpoint } from './endpoint.js';
import type { PasswordChange } from './form.js';
import type { Problems } from './problems.js';
import type { Password, SecretReference } from './settings.js';
import { isSecretReference } from './state.js';

export interface PasswordQuestion {
  readonly change: PasswordChange;
  /** The section's password so far; null where the section is new or of another protocol: secrets do not pass from one to the other. */
  readonly current: Password;
  /** The highest version given so far. */
  readonly lastVersion: number;
  /** Where the section now connects to; the first is its own server. */
  readonly endpoints: readonly [Endpoint, ...Endpoint[]];
  readonly now: string;
  readonly actor: Actor;
}

/** The section's password after the change. Keeping a stored one for another endpoint is refused: whoever may edit but not read it could send it to themselves. */
export function changedPassword(question: PasswordQuestion, problems: Problems, field: readonly string[]): Password {
  const { change, current, endpoints } = question;
  switch (change.change) {
    case 'clear':
      return null;
    case 'replace':
      return newReference(change, question);
    case 'keep':
      if (isSecretReference(current) && !current.boundTo.includes(endpoints[0]))
        problems.add(
          'SECRET_REBIND_REQUIRED',
          'The stored password was entered for another host, port, TLS mode or truststore. Enter it again with this change, or set it to null to clear it.',
          field,
        );
      return current;
  }
}

function newReference(change: PasswordChange & { change: 'replace' }, { lastVersion, endpoints, now, actor }: PasswordQuestion): SecretReference {
  return { secretId: change.secretId, version: lastVersion + 1, fingerprint: change.fingerprint, setAt: now, setBy: actor, boundTo: endpoints };
}

/**
 * The password a reverted section gets: the present one where it was entered for that endpoint (a revert does not undo a rotation), else that of the time if it was not destroyed yet,
 * else `lost`, which must be entered again.
 */
export function revertedPassword(target: Password, current: Password, endpoint: Endpoint, retained: ReadonlySet<string>): Password {
  if (target === null) return null;
  if (isSecretReference(current) && current.boundTo.includes(endpoint)) return current;
  return isSecretReference(target) && retained.has(target.secretId) ? target : 'lost';
}
