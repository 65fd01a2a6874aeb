import { createHash, timingSafeEqual } from 'node:crypto';
import type { SecretValue } from '../../secret-store/secret-value.js';
import { isObject, objectsIn, textOrNull } from './json.js';

/** What Microsoft calls about: something in the folder, or the subscription itself. */
export interface Notification {
  readonly subscriptionId: string;
  /** `reauthorizationRequired`: renew it; `subscriptionRemoved`: create another; `missed`: look into the folder. */
  readonly about: 'change' | 'reauthorizationRequired' | 'subscriptionRemoved' | 'missed';
  /** The id of the message, where it is about one. */
  readonly messageId: string | null;
}

/** Longer than any token that Microsoft sends. */
const longestToken = 2_048;

/**
 * What to answer to the call by which Microsoft finds out whether somebody listens at an address: 200, `text/plain`, this text. Null for any other call, to which the answer is 202 at once.
 * @param url the address that was called, with its query
 */
export function validationAnswer(url: URL): string | null {
  const token = url.searchParams.get('validationToken');
  return token === null || token === '' || token.length > longestToken ? null : token;
}

/** The calls of one request that Microsoft made; those that do not know the client state are from somebody else, and only counted. */
export function notificationsIn(body: unknown, clientState: SecretValue): { readonly notifications: readonly Notification[]; readonly refused: number } {
  const calls = isObject(body) ? objectsIn(body, 'value') : [];
  const notifications = calls.flatMap((call): Notification[] => {
    const subscriptionId = textOrNull(call, 'subscriptionId');
    const about = aboutWhat(textOrNull(call, 'lifecycleEvent'));
    if (subscriptionId === null || about === null || !isSame(textOrNull(call, 'clientState'), clientState)) return [];
    const data = call['resourceData'];
    return [{ subscriptionId, about, messageId: isObject(data) ? textOrNull(data, 'id') : null }];
  });
  return { notifications, refused: calls.length - notifications.length };
}

function aboutWhat(lifecycleEvent: string | null): Notification['about'] | null {
  switch (lifecycleEvent) {
    case null:
      return 'change';
    case 'reauthorizationRequired':
    case 'subscriptionRemoved':
    case 'missed':
      return lifecycleEvent;
    default:
      return null;
  }
}

/** Takes the same time for every wrong one. */
function isSame(given: string | null, expected: SecretValue): boolean {
  const digest = (text: string | Buffer) => createHash('sha256').update(text).digest();
  return given !== null && timingSafeEqual(digest(given), digest(expected.revealBytes()));
}
