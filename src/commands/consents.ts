import { randomBytes } from 'node:crypto';
import type { ProfileSnapshot } from '../domain/authentication-profile/snapshot.js';
import type { PresentProfile } from '../domain/authentication-profile/state.js';
import { CommandRefused, refuse, type Problem } from '../domain/decider.js';
import type { Attempt } from '../domain/security-log/events.js';
import { authenticationProfileStream } from '../domain/streams.js';
import { checkLine } from '../domain/text/line.js';
import { StoreUnavailable } from '../event-store/event-store.js';
import { SecretStoreUnavailable } from '../secret-store/secret-store.js';
import { ConsentRefused, type ConsentClient } from '../oauth/consent-port.js';
import type { AuthenticationProfileCommands } from './authentication-profile-commands.js';
import type { Call, Changed } from './change.js';
import { commandIdOf } from './event-metadata.js';
import type { BegunConsent, ConsentStates } from './consent-state.js';
import type { RateLimit } from './rate-limit.js';
import type { StoredProfiles } from './stored-profiles.js';

export interface ConsentBegun {
  readonly url: string | null;
  readonly expiresAt: Date | null;
  readonly problems: readonly Problem[];
  readonly consistencyToken: string | null;
  readonly pending: boolean;
}

/** Where somebody comes back to from the provider. */
export interface ConsentCallback {
  readonly parameters: URLSearchParams;
  readonly requestId: string;
  readonly ip: string | null;
  readonly userAgent: string | null;
}

/** How it went, for the person who looks at the page. */
export type ConsentOutcome =
  { readonly granted: true; readonly profile: string } | { readonly granted: false; readonly profile: string | null; readonly message: string };

/** How long somebody may take at the provider, in milliseconds. */
const validFor = 600_000;

/** A person's consent to an authentication profile, from the address of the provider to the refresh token in the secret store. Any node can finish what another one began. */
export class Consents {
  constructor(
    readonly commands: AuthenticationProfileCommands,
    readonly profiles: StoredProfiles,
    readonly states: ConsentStates,
    readonly client: ConsentClient,
    /** Where the provider sends people back to; it has to be entered there as well. */
    readonly redirectUri: () => string,
    readonly rateLimit: RateLimit,
    readonly now: () => Date,
  ) {}

  async begin(call: Call, { authenticationProfile: name, loginHint }: { authenticationProfile: string; loginHint?: string | null }): Promise<ConsentBegun> {
    const attempt = { command: 'beginConsent', entityType: 'AuthenticationProfile', entityId: name.slice(0, 64) };
    try {
      const profile = await this.#consentable(name);
      const hint = loginHint ? checkLine(loginHint, { label: 'The login hint', maximum: 320 }) : null;
      if (hint && !hint.ok) return refuse(hint.code, hint.message, ['loginHint']);
      const expiresAt = new Date(this.now().getTime() + validFor);
      const codeVerifier = randomBytes(32).toString('base64url');
      const id = randomBytes(16).toString('base64url');
      const state = this.states.seal({
        id,
        actor: call.actor,
        role: call.role,
        profile: profile.settings.name,
        codeVerifier,
        expiresAt: expiresAt.getTime(),
      });
      const url = await this.client.address(profile.settings, { state, codeVerifier, redirectUri: this.redirectUri(), loginHint: hint?.value ?? null });
      const { position } = await this.commands.handler.securityLog.consentBegun(call, { ...attempt, entityId: profile.settings.name }, id);
      return { url, expiresAt, problems: [], ...(await this.commands.handler.freshness(position)) };
    } catch (error) {
      if (!(error instanceof CommandRefused)) throw error;
      return { ...(await this.commands.handler.refused({ call, attempt, options: {} }, error.problems)), url: null, expiresAt: null };
    }
  }

  /** Never shows code or token. @throws {RateLimited} @throws {StoreUnavailable} whether it was granted is not known. */
  async finish(callback: ConsentCallback, signal: AbortSignal): Promise<ConsentOutcome> {
    const begun = this.states.open(callback.parameters.get('state') ?? '');
    // Whatever comes without a state of ours is nobody's attempt: it goes into no log that lasts.
    if (begun === null) return { granted: false, profile: null, message: 'This address was not made by Postledger, or not in full. Begin the consent again.' };
    const call = callOf(begun, callback);
    this.rateLimit.take(call, attemptOf(begun));
    try {
      return await this.commands.handler.inTurn(`consent ${begun.id}`, () => this.#finish(begun, call, callback.parameters, signal));
    } catch (error) {
      if (!(error instanceof StoreUnavailable) && !(error instanceof SecretStoreUnavailable)) await this.#failed(begun, call);
      throw error;
    }
  }

  /** A fault is named by its request. One that cannot be recorded does not hide the fault itself. */
  async #failed(begun: BegunConsent, call: Call): Promise<void> {
    const { securityLog, onLateFault } = this.commands.handler;
    await securityLog.failed(call, attemptOf(begun), call.requestId).catch((error: unknown) => onLateFault(error, attemptOf(begun)));
  }

  /** The person who began did it, from wherever the browser came back. */
  async #finish(begun: BegunConsent, call: Call, parameters: URLSearchParams, signal: AbortSignal): Promise<ConsentOutcome> {
    try {
      const changed = await this.#granted(call, begun, parameters, signal);
      const [problem] = changed.problems;
      return problem ? { granted: false, profile: begun.profile, message: problem.message } : { granted: true, profile: begun.profile };
    } catch (error) {
      if (!(error instanceof CommandRefused) && !(error instanceof ConsentRefused)) throw error;
      const problems: readonly Problem[] = error instanceof CommandRefused ? error.problems : [{ code: 'CONSENT_FAILED', message: error.message }];
      await this.commands.handler.refused({ call, attempt: attemptOf(begun), options: {} }, problems);
      return { granted: false, profile: begun.profile, message: error.message };
    }
  }

  async #granted(call: Call, begun: BegunConsent, parameters: URLSearchParams, signal: AbortSignal): Promise<Changed<ProfileSnapshot>> {
    const consentId = `consent ${begun.id}`;
    if (await this.#wasGranted(begun.profile, commandIdOf(call, consentId)))
      refuse('CONSENT_FAILED', 'This consent has been finished already, and counts once. Nothing is left to do; to consent anew, begin again.');
    if (this.now().getTime() > begun.expiresAt)
      refuse('CONSENT_FAILED', `It took more than ${validFor / 60_000} minutes, and nothing was granted. Begin the consent again.`);
    const { settings } = await this.#consentable(begun.profile);
    const profile = await this.profiles.load(settings.name);
    if (profile === null) return refuse('NOT_FOUND', 'The authentication profile is there no more.');
    const request = { state: parameters.get('state') ?? '', codeVerifier: begun.codeVerifier, redirectUri: this.redirectUri() };
    const { refreshToken, scopes } = await this.client.exchange(profile, parameters, request, signal);
    if (refreshToken === null)
      return refuse(
        'CONSENT_FAILED',
        'The provider gave no refresh token, so access would end within the hour. Add the scope that asks for one (often offline_access) to the profile, then begin again.',
      );
    return this.commands.grantConsent(call, begun.profile, { refreshToken, scopes, tokenEndpoint: profile.tokenEndpoint }, consentId);
  }

  /** @throws {CommandRefused} NOT_FOUND, CONTRADICTION */
  async #consentable(name: string): Promise<PresentProfile> {
    const profile = await this.profiles.current(name);
    if (profile === null) return refuse('NOT_FOUND', 'There is no authentication profile of this name.', ['authenticationProfile']);
    if (profile.settings.grant !== 'AUTHORIZATION_CODE')
      refuse('CONTRADICTION', 'Nobody has to consent to this profile: its grant is not AUTHORIZATION_CODE.', ['authenticationProfile']);
    return profile;
  }

  async #wasGranted(profile: string, commandId: string): Promise<boolean> {
    for await (const { metadata } of this.commands.store.readStream(authenticationProfileStream(profile))) if (metadata['commandId'] === commandId) return true;
    return false;
  }
}

/** Whoever began, with the role that they had then. The browser shows no token; the one they began with is told by ConsentBegun. */
function callOf({ actor, role, id }: BegunConsent, { requestId, ip, userAgent }: ConsentCallback): Call {
  return { actor, role, tokenId: null, requestId, correlationId: id, ip, userAgent, clientName: null };
}

function attemptOf({ profile }: BegunConsent): Attempt {
  return { command: 'finishConsent', entityType: 'AuthenticationProfile', entityId: profile };
}
