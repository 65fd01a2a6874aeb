import { foldProfile, noProfile, type FoldedProfile, type ProfileSnapshot } from '../domain/authentication-profile/snapshot.js';
import { reauthorization } from '../domain/authentication-profile/state.js';
import type { EndingSoon } from '../domain/email-account/expiry-warnings.js';
import { namedBy } from '../domain/email-account/named-by.js';
import { readinessOf, type Readiness } from '../domain/email-account/readiness.js';
import type { EmailAccountSnapshot } from '../domain/email-account/snapshot.js';
import { actorOf, isAuthenticationProfileEvent, isTruststoreEvent, upcast, type PostledgerEvent } from '../domain/event-catalogue.js';
import type { ExpiryOwner } from '../domain/expiry/expiring-thing.js';
import { endingSoonAt, expiringThings, foldExpiries, profileExpiries, type ExpiringThings } from '../domain/expiry/expiry-changes.js';
import { authenticationProfileStream, emailAccountStream, truststoreStream } from '../domain/streams.js';
import { evolveTruststoreSnapshot, type TruststoreSnapshot } from '../domain/truststore/snapshot.js';
import type { Position, RecordedEvent } from '../event-store/event-store.js';
import { snapshotOf } from './account-history.js';
import { hadHappened, type Moment } from './moment.js';
import type { StreamsReadOnce } from './streams-read-once.js';

/** Where states of profiles are kept. */
export interface ProfileMilestones {
  /** A profile's state after so many events, none behind the position, to begin from: a refresh token may have been replaced thousands of times. Null for its beginning. */
  profileMilestone(name: string, position: Position): (FoldedProfile & { readonly events: number }) | null;
}

/** An account, truststore or profile as it was, with what of it has an end. */
interface Past<Snapshot> {
  /** Null where there was none. */
  readonly snapshot: Snapshot | null;
  readonly expiring: ExpiringThings;
}

/**
 * The accounts, truststores and authentication profiles as they were at one moment, each folded once from its own stream, however often it is asked for. Names and ids are matched ignoring case. Every method may throw StoreUnavailable.
 */
export class PastConfiguration {
  readonly #accounts = new Map<string, Promise<Past<EmailAccountSnapshot>>>();
  readonly #truststores = new Map<string, Promise<Past<TruststoreSnapshot>>>();
  readonly #profiles = new Map<string, Promise<Past<ProfileSnapshot>>>();

  constructor(
    readonly streams: StreamsReadOnce,
    readonly milestones: ProfileMilestones,
    readonly moment: Moment,
  ) {}

  /** Null where there was none, and for an account that was erased since: of it nothing is told any more. */
  async account(accountId: string): Promise<EmailAccountSnapshot | null> {
    return (await this.#pastAccount(accountId)).snapshot;
  }

  /** Null where there was none of the name. */
  async truststore(name: string): Promise<TruststoreSnapshot | null> {
    return (await this.#pastTruststore(name)).snapshot;
  }

  /** Null where there was none of the name. */
  async profile(name: string): Promise<ProfileSnapshot | null> {
    return (await this.#pastProfile(name)).snapshot;
  }

  /** Whether the account had all that it needed, by what there was beside it then; what was about to expire is judged by the moment's time. */
  async readiness({ account }: EmailAccountSnapshot): Promise<Readiness> {
    const named = namedBy(account);
    const [own, truststores, profiles] = await Promise.all([
      this.#pastAccount(account.accountId),
      this.#each(named.truststores, (name) => this.#pastTruststore(name)),
      this.#each(named.authenticationProfiles, (name) => this.#pastProfile(name)),
    ]);
    const expiringOf = ({ entityType, entityId }: ExpiryOwner) =>
      ({ EmailAccount: own, Truststore: truststores.get(entityId), AuthenticationProfile: profiles.get(entityId), ApiToken: undefined })[entityType]?.expiring;
    const endingSoon: EndingSoon = (owner) => endingSoonAt(expiringOf(owner)?.values() ?? [], this.moment.time);
    return readinessOf(account, {
      truststores: { has: (name) => (truststores.get(name)?.snapshot ?? null) !== null },
      authenticationProfiles: { has: (name) => (profiles.get(name)?.snapshot ?? null) !== null },
      profilesToReauthorize: {
        has(name) {
          const snapshot = profiles.get(name)?.snapshot ?? null;
          return snapshot !== null && reauthorization(snapshot.profile) !== null;
        },
      },
      endingSoon,
    });
  }

  #pastAccount(accountId: string): Promise<Past<EmailAccountSnapshot>> {
    return once(this.#accounts, accountId, async () => {
      // The whole stream, so that an erasure after the moment is seen.
      const recorded = await this.streams.whole(emailAccountStream(accountId), this.moment.position);
      if (recorded.at(-1)?.type === 'AccountErased') return { snapshot: null, expiring: new Map() };
      const happened = recorded.filter((event) => hadHappened(event, this.moment));
      return { snapshot: snapshotOf(happened), expiring: expiringAfter(happened, { entityType: 'EmailAccount', entityId: accountId.toLowerCase() }) };
    });
  }

  #pastTruststore(name: string): Promise<Past<TruststoreSnapshot>> {
    return once(this.#truststores, name, async () => {
      const happened = await this.streams.upTo(truststoreStream(name), this.moment.position);
      const snapshot = happened.reduce<TruststoreSnapshot | null>((before, event) => {
        const known = upcast(event);
        return known && isTruststoreEvent(known) ? evolveTruststoreSnapshot(before, known, event) : before;
      }, null);
      return { snapshot, expiring: expiringAfter(happened, { entityType: 'Truststore', entityId: name.toLowerCase() }) };
    });
  }

  #pastProfile(name: string): Promise<Past<ProfileSnapshot>> {
    return once(this.#profiles, name, async () => {
      const { events, ...milestone } = this.milestones.profileMilestone(name, this.moment.position) ?? { ...noProfile, events: 0 };
      const happened = await this.streams.upTo(authenticationProfileStream(name), this.moment.position, BigInt(events));
      const { snapshot } = happened.reduce((before, event) => {
        const known = upcast(event);
        const { revision, recordedAt, metadata } = event;
        return known && isAuthenticationProfileEvent(known) ? foldProfile(before, { ...known, revision, recordedAt, actor: actorOf(metadata) }) : before;
      }, milestone);
      const owner = { entityType: 'AuthenticationProfile', entityId: name.toLowerCase() } as const;
      return { snapshot, expiring: expiringThings(snapshot ? profileExpiries(snapshot.profile.settings, owner) : []) };
    });
  }

  async #each<Found>(names: readonly string[], find: (name: string) => Promise<Found>): Promise<ReadonlyMap<string, Found>> {
    return new Map(await Promise.all(names.map(async (name) => [name, await find(name)] as const)));
  }
}

function expiringAfter(happened: readonly RecordedEvent[], owner: ExpiryOwner): ExpiringThings {
  return happened.reduce<ExpiringThings>((things, event) => {
    const known: PostledgerEvent | null = upcast(event);
    return known ? foldExpiries(things, known, owner, event.recordedAt.toISOString()) : things;
  }, new Map());
}

function once<Found>(found: Map<string, Promise<Found>>, name: string, find: () => Promise<Found>): Promise<Found> {
  const key = name.toLowerCase();
  const before = found.get(key);
  if (before) return before;
  const finding = find();
  found.set(key, finding);
  return finding;
}
