import type { NationalCloud } from '../domain/authentication-profile/national-cloud.js';
import { refuse } from '../domain/decider.js';
import { isAllowed } from '../domain/access/policy.js';
import type { Role } from '../domain/access/role.js';
import type { OAuthPreset } from '../domain/authentication-profile/settings.js';
import { mayBeShownTokens } from '../domain/authentication-profile/token-hosts.js';
import type { Direction } from '../domain/email-account/connection-test.js';
import { receiverEndpoint, senderEndpoint } from '../domain/email-account/endpoint.js';
import { mayUseSenderPassword } from '../domain/email-account/linked-credentials.js';
import type {
  GraphReceiverSettings,
  GraphSenderSettings,
  MailboxReceiverSettings,
  Password,
  ReceiverSettings,
  SecretSlot,
  SenderSettings,
  SmtpSenderSettings,
} from '../domain/email-account/settings.js';
import type { PresentAccount } from '../domain/email-account/state.js';
import type { AccessTokens, OAuthCredentials, PasswordCredentials } from '../mail/mail-port.js';
import { SecretNotBoundToEndpoint, SecretNotFound, SecretUnreadable, type SecretStore } from '../secret-store/secret-store.js';
import type { SecretValue } from '../secret-store/secret-value.js';

/**
 * Opens an account's passwords, each only for an endpoint that it was entered for. Passwords that were entered with a draft come from `entered`.
 * Refusals have the path in the account's form: `['sender', 'smtp', 'identity', 'password']`.
 */
export class AccountPasswords {
  constructor(
    readonly store: SecretStore,
    readonly accountId: string,
    /** By secret id. */
    readonly entered: ReadonlyMap<string, SecretValue>,
  ) {}

  /** @throws {CommandRefused} NOT_READY, SECRET_REBIND_REQUIRED */
  async ofSender(sender: SmtpSenderSettings): Promise<PasswordCredentials | null> {
    if (sender.password === null) return null;
    const reference = present(sender.password, senderPassword);
    if (!reference.boundTo.includes(senderEndpoint(sender.connection))) refuseForeignEndpoint(senderPassword);
    return { kind: 'password', userId: sender.identity.userId, password: await this.#open('sender.password', reference, senderPassword) };
  }

  /** @throws {CommandRefused} NOT_READY, SECRET_REBIND_REQUIRED */
  async ofReceiver(receiver: MailboxReceiverSettings, sender: PresentAccount['sender']): Promise<PasswordCredentials> {
    if (receiver.identity.useSenderCredentials) {
      if (sender?.kind !== 'smtp') return notReady(['receiver', receiver.kind], "The receiver uses the sender's ID and password, and there is no SMTP sender.");
      const reference = present(sender.password, senderPassword);
      if (!mayUseSenderPassword(reference, sender, receiver)) refuseForeignEndpoint(['receiver', receiver.kind, 'identity', 'useSenderCredentials']);
      return { kind: 'password', userId: sender.identity.userId, password: await this.#open('sender.password', reference, senderPassword) };
    }
    const place = ['receiver', receiver.kind, 'identity', 'password'] as const;
    const reference = present(receiver.password, place);
    if (!reference.boundTo.includes(receiverEndpoint(receiver))) refuseForeignEndpoint(place);
    if (receiver.identity.userId === null) return notReady(['receiver', receiver.kind, 'identity', 'userId'], 'The receiver has no user ID. Configure it.');
    return { kind: 'password', userId: receiver.identity.userId, password: await this.#open('receiver.password', reference, place) };
  }

  async #open(slot: SecretSlot, reference: Exclude<Password, null | 'lost'>, place: PlaceInForm): Promise<SecretValue> {
    try {
      return this.entered.get(reference.secretId) ?? (await this.store.open(this.accountId, { ...reference, slot }));
    } catch (error) {
      const isLost = error instanceof SecretNotFound || error instanceof SecretUnreadable || error instanceof SecretNotBoundToEndpoint;
      if (!isLost) throw error;
      return notReady(
        place,
        `The ${place[0]}'s stored password cannot be opened. Enter it again; if others cannot be opened either, ask an operator to run postledger keys doctor.`,
      );
    }
  }
}

type PlaceInForm = readonly ['sender' | 'receiver', ...string[]];
const senderPassword = ['sender', 'smtp', 'identity', 'password'] as const;

/** What logins with tokens have to know of authentication profiles. Each answers null when there is none of the name. */
export interface ProfileAccess {
  accessTokensOf(profile: string): Promise<AccessTokens | null>;
  /** Whose tokens they are. */
  presetOf(profile: string): OAuthPreset | null;
  /** Which of Microsoft's clouds they are for. */
  cloudOf(profile: string): NationalCloud | null;
}

/**
 * Opens a section's login with tokens in place of a password.
 * @throws {CommandRefused} NOT_READY
 */
export async function tokenCredentials(
  section: SmtpSenderSettings | MailboxReceiverSettings,
  profile: string,
  profiles: ProfileAccess,
): Promise<OAuthCredentials> {
  const half = section.kind === 'smtp' ? 'sender' : 'receiver';
  const place = [half, section.kind, 'connection', 'authenticationProfile'] as const;
  const { userId } = section.identity;
  if (userId === null) return notReady([half, section.kind, 'identity', 'userId'], `The ${half} has no user ID. Configure it.`);
  const [accessTokens, preset] = [await profiles.accessTokensOf(profile), profiles.presetOf(profile)];
  if (accessTokens === null || preset === null) return notReady(place, noProfile(profile));
  if (!mayBeShownTokens(preset, section.connection.host))
    return notReady(
      [half, section.kind, 'connection', 'host'],
      `The authentication profile ${profile} gives access tokens of ${preset}, which go to servers of that provider alone, and ${section.connection.host} is none. Take the provider's host, or another profile.`,
    );
  return { kind: 'oauth', userId, accessTokens };
}

/**
 * What Microsoft Graph is reached with.
 * @throws {CommandRefused} NOT_READY
 */
export async function graphAccess(
  half: 'sender' | 'receiver',
  profile: string,
  profiles: ProfileAccess,
): Promise<{ readonly accessTokens: AccessTokens; readonly cloud: NationalCloud }> {
  const place = [half, 'microsoftGraph', 'connection', 'authenticationProfile'] as const;
  const [accessTokens, cloud, preset] = [await profiles.accessTokensOf(profile), profiles.cloudOf(profile), profiles.presetOf(profile)];
  if (accessTokens === null || cloud === null || preset === null) return notReady(place, noProfile(profile));
  if (preset === 'GOOGLE' || preset === 'YAHOO')
    return notReady(
      place,
      `The authentication profile ${profile} gives access tokens of ${preset}, which are not shown to Microsoft. Take a profile of Microsoft.`,
    );
  return { accessTokens, cloud };
}

/**
 * A draft may bring its own host, or another mailbox. Whoever may not configure accounts gets no access token sent to a host that nobody configured for it, and none used for such a mailbox.
 * @throws {CommandRefused} NOT_READY
 */
export function refuseTokensElsewhere(drafted: PresentAccount, saved: PresentAccount | null, role: Role): void {
  if (isAllowed(role, 'Mutation.configureSender')) return;
  for (const half of ['sender', 'receiver'] as const) {
    const section = drafted[half];
    if (section === null || section.connection.authenticationProfile === null) continue;
    const before = saved?.[half] ?? null;
    const isConfigured =
      section.kind === 'microsoftGraph' ? isSameMailbox(before, section) : before !== null && before.kind === section.kind && isSameTarget(before, section);
    if (!isConfigured)
      notReady(
        [half, section.kind, 'connection', 'authenticationProfile'],
        'A draft with an authentication profile can be tested by those who may configure accounts: its access token would go to a server, or be used for a mailbox, that nobody has configured for it. Save the account first, or ask an editor.',
      );
  }
}

function isSameMailbox(before: SenderSettings | ReceiverSettings | null, after: GraphSenderSettings | GraphReceiverSettings): boolean {
  const keyOf = ({ identity, connection }: typeof after) => `${identity.userPrincipalName} ${connection.authenticationProfile}`.toLowerCase();
  return before?.kind === 'microsoftGraph' && keyOf(before) === keyOf(after);
}

function isSameTarget(before: SmtpSenderSettings | MailboxReceiverSettings, after: SmtpSenderSettings | MailboxReceiverSettings): boolean {
  const [one, other] = [before.connection, after.connection];
  const endpointOf = (section: SmtpSenderSettings | MailboxReceiverSettings) =>
    section.kind === 'smtp' ? senderEndpoint(section.connection) : receiverEndpoint(section);
  return endpointOf(before) === endpointOf(after) && one.authenticationProfile?.toLowerCase() === other.authenticationProfile?.toLowerCase();
}

/** The halves to test: those asked for, else those that are there. @throws {CommandRefused} NOT_READY for a half that is missing or cannot be tested. */
export function directionsToTest(account: PresentAccount, asked: readonly Direction[] | null | undefined): readonly Direction[] {
  const there: readonly Direction[] = [...(account.sender ? ['SENDER' as const] : []), ...(account.receiver ? ['RECEIVER' as const] : [])];
  const directions = asked && asked.length > 0 ? [...new Set(asked)] : there;
  if (directions.length === 0) refuse('NOT_READY', 'The account has neither a sender nor a receiver. Configure one first.', ['accountId']);
  const missing = directions.find((direction) => !there.includes(direction));
  if (missing) refuse('NOT_READY', `The account has no ${missing.toLowerCase()}. Configure it first, or test the other direction.`, ['directions']);
  return directions;
}

/** @throws {CommandRefused} NOT_READY */
export function connectableSender(sender: PresentAccount['sender']): SenderSettings {
  if (sender === null) return notReady(['sender'], 'The account has no sender. Configure it first.');
  return sender;
}

/** @throws {CommandRefused} NOT_READY */
export function connectableReceiver(receiver: PresentAccount['receiver']): ReceiverSettings {
  if (receiver === null) return notReady(['receiver'], 'The account has no receiver. Configure it first.');
  return receiver;
}

function present(password: Password, place: PlaceInForm): Exclude<Password, null | 'lost'> {
  if (password === null) return notReady(place, `The ${place[0]} has no password. Set it first.`);
  return password === 'lost' ? notReady(place, `The ${place[0]}'s password could not be brought back. Enter it again.`) : password;
}

function refuseForeignEndpoint(place: PlaceInForm): never {
  return refuse('SECRET_REBIND_REQUIRED', 'The stored password was entered for another server. Enter it again for this one.', place);
}

function noProfile(name: string): string {
  return `There is no authentication profile named ${name}. Create it, or choose another one.`;
}

function notReady(place: PlaceInForm, message: string): never {
  return refuse('NOT_READY', message, place);
}
