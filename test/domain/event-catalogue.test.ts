import { describe, expect, it } from 'vitest';
import { systemActor } from '../../src/domain/access/actor.js';
import { emailAccountDecider } from '../../src/domain/email-account/decide.js';
import {
  actorOf,
  eventCatalogue,
  isApiTokenEvent,
  isEmailAccountEvent,
  isKnownEventType,
  upcast,
  type PostledgerEventType,
} from '../../src/domain/event-catalogue.js';
import written from './fixtures/events-v1.json' with { type: 'json' };
import { eventsToday } from './events-today.js';

const types = Object.keys(eventCatalogue).filter(isKnownEventType);

/** Version 1 of every type as it was written, for ever: fixtures are added when a type is new, and never changed. */
const stored = written.events.map((event): { type: string; data: Readonly<Record<string, unknown>>; metadata: Readonly<Record<string, unknown>> } => ({
  ...event,
  metadata: written.metadata,
}));
const ofType = (type: PostledgerEventType) => stored.filter((event) => event.type === type);
const placesIn = (type: PostledgerEventType) => ofType(type).flatMap(({ data }) => [...places(data)]);

describe('an event of version 1', () => {
  it('is kept for every type there is', () => {
    expect([...new Set(stored.map(({ type }) => type))].sort()).toEqual([...types].sort());
  });

  it.each(types)('%s is read in the shape of today', (type) => {
    expect(ofType(type).map((event) => upcast(event))).toEqual(eventsToday[type].map((data) => ({ type, data })));
  });

  it('is read the same where its version was not written beside it', () => {
    for (const event of stored) expect(upcast({ ...event, metadata: {} })).toEqual(upcast(event));
  });

  it('makes the account that it made then', () => {
    const events = stored.flatMap((event) => upcast(event) ?? []).filter((event) => isEmailAccountEvent(event) && event.type !== 'AccountErased');
    const state = events.filter(isEmailAccountEvent).reduce(emailAccountDecider.evolve, emailAccountDecider.initialState);
    expect(state).toMatchObject({
      status: 'active',
      accountId: 'Sales',
      accountName: 'Sales',
      provider: 'google',
      sender: null,
      receiver: null,
      secretVersions: { 'sender.password': 1, 'receiver.password': 1 },
    });
  });

  it('holds of a password what refers to it, and never the password', () => {
    const passwords = types.flatMap(placesIn).filter(({ path }) => /(?:^|\.)password$/.test(path));
    expect(passwords.length).toBeGreaterThanOrEqual(7);
    const references = passwords.flatMap(({ value }) => (value === null || value === 'lost' ? [] : [Object.keys(new Object(value)).sort()]));
    for (const keys of references) expect(keys).toEqual(['boundTo', 'fingerprint', 'secretId', 'setAt', 'setBy', 'version']);
  });
});

describe.each(types)('the catalogue on %s', (type) => {
  const { schemaVersion, upcasters, secretReferences, personalData } = eventCatalogue[type];

  it('has an upcaster from every older version to the next', () => expect(upcasters).toHaveLength(schemaVersion - 1));

  it('names where references to secrets stand, and all such places', () => {
    const found = placesIn(type).filter(({ value }) => typeof value === 'object' && value !== null && 'secretId' in value);
    expect([...new Set(found.map(({ path }) => path))].sort()).toEqual([...secretReferences].sort());
  });

  it('names where personal data stands, and no place that is not there', () => {
    const there = placesIn(type).filter(({ value }) => value !== null);
    expect(personalData.filter((path) => !there.some((place) => place.path === path))).toEqual([]);
    const isPersonal = ({ path, value }: Place) =>
      (typeof value === 'string' && /\w@\w/.test(value) && path !== 'messageId') || /(?:^|\.)(?:ip|setBy|displayName|accountName)$/.test(path);
    const unnamed = there.filter(isPersonal).filter(({ path }) => !personalData.some((named) => path === named || path.startsWith(`${named}.`)));
    expect(unnamed).toEqual([]);
  });
});

describe('what goes with the account’s key', () => {
  it.each(types)('is in %s all personal data of the account, and nothing else', (type) => {
    const { personalData, erasedWithAccount } = eventCatalogue[type];
    const isOfAccount = ofType(type)
      .flatMap((event) => upcast(event) ?? [])
      .some((event) => isEmailAccountEvent(event) || event.type === 'TestMessageSent');
    // Who did it stays: that is what the audit trail is for.
    expect(erasedWithAccount).toEqual(isOfAccount ? personalData.filter((path) => !path.endsWith('.setBy')) : []);
  });
});

describe('the catalogue', () => {
  it('puts every type into one kind of stream', () => {
    const examples = types.flatMap((type) =>
      ofType(type)
        .slice(0, 1)
        .flatMap((event) => upcast(event) ?? []),
    );
    expect(examples.filter(isEmailAccountEvent).map(({ type }) => type)).toEqual(types.slice(0, types.indexOf('ApiTokenIssued')));
    expect(examples.filter(isApiTokenEvent).map(({ type }) => type)).toEqual(['ApiTokenIssued', 'ApiTokenRevoked', 'ApiTokenExpired', 'ApiTokenUsed']);
  });

  it.each(['AccountTeleported', 'accountCreated', 'constructor', '__proto__', ''])('knows no event %j, and reads none into it', (type) => {
    expect(isKnownEventType(type)).toBe(false);
    expect(upcast({ type, data: {}, metadata: { schemaVersion: 1 } })).toBeNull();
  });

  it('takes the actor from the metadata, and the service itself where it says nothing', () => {
    expect(actorOf(written.metadata)).toEqual({ kind: 'API_TOKEN', id: 'tok_7f3a', displayName: 'Erin' });
    for (const metadata of [{}, { actor: null }, { actor: 'Erin' }]) expect(actorOf(metadata)).toEqual(systemActor);
  });
});

interface Place {
  /** `test.stages.serverResponse`: without the indices of lists. */
  readonly path: string;
  readonly value: unknown;
}

function* places(value: unknown, path = ''): Generator<Place> {
  if (path !== '') yield { path, value };
  if (Array.isArray(value)) for (const item of value) yield* places(item, path);
  else if (typeof value === 'object' && value !== null)
    for (const [key, below] of Object.entries(value)) yield* places(below, path === '' ? key : `${path}.${key}`);
}
