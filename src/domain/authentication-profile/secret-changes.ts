import type { Actor } from '../access/actor.js';
import type { PasswordChange } from '../email-account/form.js';
import type { Problems } from '../email-account/problems.js';
import type { SecretReference } from '../email-account/settings.js';

export interface SecretQuestion {
  readonly change: PasswordChange;
  readonly current: SecretReference | null;
  /** The highest version given so far. */
  readonly lastVersion: number;
  readonly tokenEndpoint: string;
  readonly now: string;
  readonly actor: Actor;
}

/** The secret after the change. Keeping one for another token endpoint is refused: whoever may edit but not read it could send it to themselves. */
export function changedSecret(question: SecretQuestion, problems: Problems, field: string): SecretReference | null {
  const { change, current, tokenEndpoint } = question;
  switch (change.change) {
    case 'clear':
      return null;
    case 'replace':
      return newSecret({ ...question, change });
    case 'keep':
      if (current !== null && !current.boundTo.includes(tokenEndpoint))
        problems.add(
          'SECRET_REBIND_REQUIRED',
          'The stored secret was entered for another token endpoint, and goes to no other. Enter it again with this change, or set it to null to clear it.',
          [field],
        );
      return current;
  }
}

export function newSecret({
  change,
  lastVersion,
  tokenEndpoint,
  now,
  actor,
}: Omit<SecretQuestion, 'current' | 'change'> & { readonly change: PasswordChange & { readonly change: 'replace' } }): SecretReference {
  return { secretId: change.secretId, version: lastVersion + 1, fingerprint: change.fingerprint, setAt: now, setBy: actor, boundTo: [tokenEndpoint] };
}
