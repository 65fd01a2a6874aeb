import type { SecretValue } from '../../secret-store/secret-value.js';
import type { GraphClient } from './graph-client.js';
import { GraphFailure } from './graph-failure.js';
import { requiredText, type JsonObject } from './json.js';
import { permissionsTo } from './permissions.js';

/** Microsoft calls these addresses when something happens in the folder. A call is a reason to look, and no more: what has changed the folder itself tells. */
export interface Subscription {
  readonly id: string;
  readonly expiresAt: string; // ISO 8601
}

export interface SubscriptionRequest {
  readonly folder: string;
  /** https, reachable from the Internet. */
  readonly notificationUrl: string;
  /** Where Microsoft tells of the subscription itself: that it ends, or that calls were lost. */
  readonly lifecycleUrl: string;
  /** Comes back with every call, at most 128 characters; nobody else knows it. */
  readonly clientState: SecretValue;
  readonly expiresAt: Date;
}

/** How long a subscription for messages can be for: seven days, in milliseconds. */
export const longestSubscription = 10_080 * 60_000;
const longestClientState = 128;

/** Microsoft calls the address before it answers; see `notifications.ts`. @throws {RangeError} the client state is empty or too long. @throws {ConnectionFailure} */
export async function createSubscription(graph: GraphClient, request: SubscriptionRequest, signal: AbortSignal): Promise<Subscription> {
  const clientState = request.clientState.reveal();
  if (clientState === '' || clientState.length > longestClientState) throw new RangeError(`A client state has 1 to ${longestClientState} characters.`);
  const text = JSON.stringify({
    changeType: 'created,updated,deleted',
    notificationUrl: request.notificationUrl,
    lifecycleNotificationUrl: request.lifecycleUrl,
    resource: `${graph.path}/mailFolders('${encodeURIComponent(request.folder)}')/messages`,
    expirationDateTime: request.expiresAt.toISOString(),
    clientState,
  });
  return subscriptionIn(
    await graph.json({ method: 'POST', path: '/subscriptions', body: { type: 'application/json', text }, needs: permissionsTo.read }, signal),
  );
}

/** Null where there is no such subscription any more: create another, and look into the folder for what was missed. @throws {ConnectionFailure} */
export async function renewSubscription(graph: GraphClient, id: string, expiresAt: Date, signal: AbortSignal): Promise<Subscription | null> {
  const text = JSON.stringify({ expirationDateTime: expiresAt.toISOString() });
  try {
    return subscriptionIn(await graph.json({ method: 'PATCH', path: pathOf(id), body: { type: 'application/json', text }, needs: permissionsTo.read }, signal));
  } catch (error) {
    if (isAbsent(error)) return null;
    throw error;
  }
}

/** @throws {ConnectionFailure} */
export async function endSubscription(graph: GraphClient, id: string, signal: AbortSignal): Promise<void> {
  try {
    await graph.done({ method: 'DELETE', path: pathOf(id), needs: permissionsTo.read }, signal);
  } catch (error) {
    if (!isAbsent(error)) throw error;
  }
}

function subscriptionIn(answer: JsonObject): Subscription {
  return { id: requiredText(answer, 'id'), expiresAt: requiredText(answer, 'expirationDateTime') };
}

function pathOf(id: string): string {
  return `/subscriptions/${encodeURIComponent(id)}`;
}

function isAbsent(error: unknown): boolean {
  return error instanceof GraphFailure && error.refusal?.status === 404;
}
