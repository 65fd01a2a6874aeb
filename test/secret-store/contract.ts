import { createHash, randomUUID } from 'node:crypto';
import { inspect } from 'node:util';
import { assert as check, asyncProperty, string } from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { PersonalDataKey } from '../../src/secret-store/personal-data-key.js';
import { SealBroken } from '../../src/secret-store/seal-broken.js';
import {
  AccountShredded,
  SecretIdReused,
  SecretNotBoundToEndpoint,
  SecretNotFound,
  SecretStoreUnavailable,
  SecretUnreadable,
  type SecretStore,
  type SecretToSeal,
} from '../../src/secret-store/secret-store.js';
import { SecretValue } from '../../src/secret-store/secret-value.js';

export interface OpenedSecretStore {
  readonly store: SecretStore;
  /** Sets the engine's clock. It stands still in between. */
  setNow(now: Date): void;
  /** Closes the store and opens the same one again. */
  reopen(): Promise<SecretStore>;
  /** Closes the store and removes what it was opened for. */
  close(): Promise<void>;
}

const noon = new Date('2026-11-24T12:00:00Z');
const minutes = (count: number) => new Date(noon.getTime() + count * 60_000);
const hours = (count: number) => minutes(60 * count);
const all = async (_account: string, ids: readonly string[]) => new Set(ids);
const none = async () => new Set<string>();
const only = (wanted: string) => async (account: string, ids: readonly string[]) => new Set(account === wanted ? ids : []);

/** What every engine behind the port promises. Tests of one store run one after the other; each keeps to accounts of its own. */
export function describeSecretStoreContract(name: string, open: () => Promise<OpenedSecretStore>): void {
  describe(`the secret store contract: ${name}`, () => {
    let opened: OpenedSecretStore;
    let store: SecretStore;
    beforeAll(async () => {
      opened = await open();
      opened.setNow(noon);
      ({ store } = opened);
    });
    afterAll(() => opened.close());

    const opens = async (account: string, secret: SecretToSeal) => (await store.open(account, secret)).reveal();

    describe('keeping and opening', () => {
      it('gives back what was put, whatever the characters and the length', async () => {
        const account = newAccount();
        await check(
          asyncProperty(string({ unit: 'binary', maxLength: 4096 }), async (text) => {
            const secret = newSecret(text);
            await store.put(account, [secret]);
            expect(await opens(account, secret)).toBe(text);
          }),
          { numRuns: 50 },
        );
      });

      it('takes an account id in any case as the same account', async () => {
        const account = newAccount();
        const secret = newSecret('hunter2');
        await store.put(account.toUpperCase(), [secret]);
        expect(await opens(account, secret)).toBe('hunter2');
        expect(await store.listIds(account.toUpperCase())).toEqual(new Set([secret.secretId]));
      });

      it('keeps several secrets at once, answers in their order, and still has them after a restart', async () => {
        const account = newAccount();
        const secrets = [newSecret('one'), newSecret('two', { slot: 'receiver.password' })];
        const sealed = await store.put(account, secrets);
        expect(sealed.map(({ secretId }) => secretId)).toEqual(secrets.map(({ secretId }) => secretId));
        store = await opened.reopen();
        expect(await Promise.all(secrets.map((secret) => opens(account, secret)))).toEqual(['one', 'two']);
      });

      it('makes one key for an account, however many put their first secret at once', async () => {
        const account = newAccount();
        const secrets = Array.from({ length: 30 }, (_, index) => newSecret(`password ${index}`));
        await Promise.all(secrets.map((secret) => store.put(account, [secret])));
        expect(await Promise.all(secrets.map((secret) => opens(account, secret)))).toEqual(secrets.map((_, index) => `password ${index}`));
        const prints = await Promise.all(secrets.map((secret) => store.put(account, [{ ...secret, secretId: randomUUID(), value: new SecretValue('same') }])));
        expect(new Set(prints.flat().map(({ fingerprint }) => fingerprint)).size).toBe(1);
      });

      it('answers an unknown secret, and an unknown account, with SecretNotFound', async () => {
        const account = newAccount();
        await expect(store.open(account, newSecret('x'))).rejects.toThrow(SecretNotFound);
        await store.put(account, [newSecret('x')]);
        await expect(store.open(account, newSecret('x'))).rejects.toMatchObject({ code: 'SECRET_NOT_FOUND', accountId: account });
        expect(await store.listIds(newAccount())).toEqual(new Set());
      });
    });

    describe('a secret id', () => {
      it('may come again with the same value: the answer is the same, and nothing is added', async () => {
        const account = newAccount();
        const secret = newSecret('hunter2');
        const [first, again] = [await store.put(account, [secret]), await store.put(account, [{ ...secret, value: new SecretValue('hunter2') }])];
        expect(again).toEqual(first);
        expect((await store.listIds(account)).size).toBe(1);
        expect(await opens(account, secret)).toBe('hunter2');
      });

      it.each([
        ['another value', { value: new SecretValue('hunter3') }],
        ['another slot', { slot: 'receiver.password' }],
      ] as const)('is refused with %s, and the others of that put are not kept either', async (_case, change) => {
        const account = newAccount();
        const [secret, other] = [newSecret('hunter2'), newSecret('other')];
        await store.put(account, [secret]);
        await expect(store.put(account, [other, { ...secret, ...change }])).rejects.toThrow(SecretIdReused);
        expect(await store.listIds(account)).toEqual(new Set([secret.secretId]));
        expect(await opens(account, secret)).toBe('hunter2');
      });

      it('is refused twice in one put', async () => {
        const secret = newSecret('hunter2');
        await expect(store.put(newAccount(), [secret, { ...secret, version: 2 }])).rejects.toThrow(SecretIdReused);
      });

      it('is tied to the latest version and endpoints alone, when the same value comes for others', async () => {
        const account = newAccount();
        const before = newSecret('hunter2');
        const after = { ...before, version: 2, boundTo: ['imap://mail.example.com:993?tls=implicit'] };
        const [first, again] = [await store.put(account, [before]), await store.put(account, [after])];
        expect(again).toEqual(first);
        expect(await opens(account, after)).toBe('hunter2');
        await expect(store.open(account, before)).rejects.toThrow(SecretNotBoundToEndpoint);
      });

      it('that is refused harms no other put of the same moment', async () => {
        const account = newAccount();
        const secret = newSecret('hunter2');
        await store.put(account, [secret]);
        const others = Array.from({ length: 5 }, () => newSecret('other'));
        const outcomes = await Promise.allSettled([
          ...others.slice(0, 2).map((other) => store.put(account, [other])),
          store.put(account, [{ ...secret, value: new SecretValue('hunter3') }]),
          ...others.slice(2).map((other) => store.put(account, [other])),
        ]);
        expect(outcomes.map(({ status }) => status)).toEqual(['fulfilled', 'fulfilled', 'rejected', 'fulfilled', 'fulfilled', 'fulfilled']);
        expect(await Promise.all(others.map((other) => opens(account, other)))).toEqual(others.map(() => 'other'));
      });
    });

    describe('a secret opens for what it was stored for alone', () => {
      const endpoint = 'smtp://mail.example.com:587?tls=required';
      it.each<[string, Partial<SecretToSeal>, new (...values: never[]) => Error]>([
        ['slot', { slot: 'receiver.password' }, SecretUnreadable],
        ['version', { version: 2 }, SecretUnreadable],
        ['host', { boundTo: ['smtp://mail.example.org:587?tls=required'] }, SecretNotBoundToEndpoint],
        ['no endpoint', { boundTo: [] }, SecretNotBoundToEndpoint],
        ['one endpoint more', { boundTo: [endpoint, 'imap://mail.example.com:993?tls=implicit'] }, SecretNotBoundToEndpoint],
        ['the same characters cut elsewhere', { boundTo: [endpoint.slice(0, 9), endpoint.slice(9)] }, SecretNotBoundToEndpoint],
      ])('another %s is refused', async (_case, change, error) => {
        const account = newAccount();
        const secret = newSecret('hunter2', { boundTo: [endpoint] });
        await store.put(account, [secret]);
        await expect(store.open(account, { ...secret, ...change })).rejects.toThrow(error);
      });

      it('another account is refused, though it has the same ids', async () => {
        const [account, other] = [newAccount(), newAccount()];
        const secret = newSecret('hunter2');
        await store.put(account, [secret]);
        await store.put(other, [{ ...secret, value: new SecretValue('theirs') }]);
        expect(await opens(account, secret)).toBe('hunter2');
        expect(await opens(other, secret)).toBe('theirs');
      });

      it('no refusal says anything of the value', async () => {
        const account = newAccount();
        const secret = newSecret('CANARY-hunter2');
        await store.put(account, [secret]);
        const refusals = await Promise.allSettled([
          store.open(account, { ...secret, version: 2 }),
          store.open(account, { ...secret, boundTo: [] }),
          store.put(account, [{ ...secret, slot: 'receiver.password' }]),
        ]);
        const said = refusals.map((refusal) => {
          if (refusal.status === 'fulfilled' || !(refusal.reason instanceof Error)) throw new Error('was not refused');
          return `${refusal.reason.message} ${refusal.reason.stack} ${JSON.stringify(refusal.reason)}`;
        });
        expect(said.join('\n')).not.toContain('CANARY');
      });
    });

    describe('fingerprints', () => {
      it('are equal for equal values of one account and slot, and for nothing else', async () => {
        const [account, other] = [newAccount(), newAccount()];
        const [stored] = await store.put(account, [newSecret('hunter2')]);
        await store.put(other, [newSecret('x')]);
        expect(await store.fingerprint(account, 'sender.password', new SecretValue('hunter2'))).toBe(stored?.fingerprint);
        const different = await Promise.all([
          store.fingerprint(account, 'sender.password', new SecretValue('hunter3')),
          store.fingerprint(account, 'receiver.password', new SecretValue('hunter2')),
          store.fingerprint(other, 'sender.password', new SecretValue('hunter2')),
        ]);
        expect(new Set([stored?.fingerprint, ...different]).size).toBe(4);
      });

      it('are HMAC-SHA-256 in base64url, and the same after a restart', async () => {
        const account = newAccount();
        const [stored] = await store.put(account, [newSecret('hunter2')]);
        expect(stored?.fingerprint).toMatch(/^[A-Za-z0-9_-]{43}$/);
        store = await opened.reopen();
        expect(await store.fingerprint(account, 'sender.password', new SecretValue('hunter2'))).toBe(stored?.fingerprint);
      });

      it('are null while the account has no key', async () => {
        expect(await store.fingerprint(newAccount(), 'sender.password', new SecretValue('hunter2'))).toBeNull();
      });
    });

    describe('destroying', () => {
      it('takes away the named secrets of that account and no others', async () => {
        const account = newAccount();
        const [gone, stays] = [newSecret('gone'), newSecret('stays')];
        await store.put(account, [gone, stays]);
        await store.destroy(newAccount(), [stays.secretId]);
        await store.destroy(account, [gone.secretId, randomUUID()]);
        await expect(store.open(account, gone)).rejects.toThrow(SecretNotFound);
        expect(await opens(account, stays)).toBe('stays');
        expect(await store.listIds(account)).toEqual(new Set([stays.secretId]));
      });
    });

    describe('shredding an account', () => {
      it('takes its key and all its secrets, for good: also after a restart nothing can be put there again', async () => {
        const account = newAccount();
        const secret = newSecret('hunter2');
        await store.put(account, [secret]);
        await store.shred(account.toUpperCase());
        for (let restarts = 0; restarts < 2; restarts++) {
          await expect(store.open(account, secret)).rejects.toThrow(SecretNotFound);
          await expect(store.put(account, [newSecret('again')])).rejects.toThrow(AccountShredded);
          expect(await store.fingerprint(account, 'sender.password', new SecretValue('hunter2'))).toBeNull();
          expect(await store.listIds(account)).toEqual(new Set());
          await store.shred(account);
          store = await opened.reopen();
        }
      });

      it('holds for an account that never had a secret', async () => {
        const account = newAccount();
        await store.shred(account);
        await expect(store.put(account, [newSecret('x')])).rejects.toThrow(AccountShredded);
      });

      it('leaves nothing behind of puts at the same moment', async () => {
        const account = newAccount();
        await store.put(account, [newSecret('x')]);
        const puts = ['y', 'z'].map((text) => [newSecret(text)]);
        const [before, shredded, after] = await Promise.allSettled([
          store.put(account, puts[0] ?? []),
          store.shred(account),
          store.put(account, puts[1] ?? []),
        ]);
        expect(shredded.status).toBe('fulfilled');
        for (const put of [before, after]) expect(put.status === 'fulfilled' || put.reason instanceof AccountShredded).toBe(true);
        expect(await store.listIds(account)).toEqual(new Set());
        await expect(store.put(account, [newSecret('x')])).rejects.toThrow(AccountShredded);
      });

      it('leaves other accounts alone', async () => {
        const [account, other] = [newAccount(), newAccount()];
        const secret = newSecret('theirs');
        await store.put(account, [newSecret('mine')]);
        await store.put(other, [secret]);
        await store.shred(account);
        expect(await opens(other, secret)).toBe('theirs');
      });
    });

    describe('the key of personal data', () => {
      const use = <Result>(account: string, read: (key: PersonalDataKey) => Result, create = true) => store.usePersonalDataKey(account, { create }, read);
      const place = { eventId: randomUUID(), streamId: 'emailAccount-x', commitments: [['/accountName', 'committed']] } as const;

      it('is made where it has to be, durably, one for an account, and is not there before', async () => {
        const account = newAccount();
        expect(await use(account, () => 'used', false)).toBeNull();
        const ids = await Promise.all(Array.from({ length: 20 }, () => use(account, ({ id }) => id)));
        expect(new Set(ids).size).toBe(1);
        const sealed = (await use(account, (key) => key.seal(place, ['Erin']))) ?? '';
        store = await opened.reopen();
        expect(await use(account.toUpperCase(), (key) => [key.id, key.open(place, sealed)], false)).toEqual([ids[0], ['Erin']]);
      });

      it('is made from the same key as the account’s secrets are sealed under: both go together', async () => {
        const account = newAccount();
        const secret = newSecret('hunter2');
        await store.put(account, [secret]);
        const sealed = await use(account, (key) => key.seal(place, ['Erin']), false);
        expect(sealed).toEqual(expect.any(String));
        await store.put(account, [newSecret('more')]);
        expect(await use(account, (key) => key.open(place, String(sealed)))).toEqual(['Erin']);
        expect(await opens(account, secret)).toBe('hunter2');
      });

      it('opens what was sealed in its place alone, and with nothing altered', async () => {
        const account = newAccount();
        const other = newAccount();
        await check(
          asyncProperty(string({ unit: 'binary' }), async (text) => {
            const sealed = (await use(account, (key) => key.seal(place, [text, '']))) ?? '';
            expect(await use(account, (key) => key.open(place, sealed))).toEqual([text, '']);
            const elsewhere = [
              { ...place, eventId: randomUUID() },
              { ...place, streamId: 'emailAccount-y' },
              { ...place, commitments: [['/accountName', 'other']] as const },
              { ...place, commitments: [['/name', 'committed']] as const },
              { ...place, commitments: [] },
            ];
            for (const wrong of elsewhere) await expect(use(account, (key) => key.open(wrong, sealed))).rejects.toThrow(SealBroken);
            await expect(use(other, (key) => key.open(place, sealed))).rejects.toThrow(SealBroken);
            await expect(use(account, (key) => key.open(place, `${sealed}AAAA`))).rejects.toThrow(SealBroken);
          }),
          { numRuns: 20 },
        );
      });

      it('commits to equal texts equally in one account, differently in another, and gives the salt that shows it', async () => {
        const [account, other] = [newAccount(), newAccount()];
        const [first, again, different] = (await use(account, (key) => [key.commitment('Erin'), key.commitment('Erin'), key.commitment('Fay')])) ?? [];
        expect([again === first, different === first, (await use(other, (key) => key.commitment('Erin'))) === first]).toEqual([true, false, false]);
        const salt = (await use(account, (key) => key.salt('Erin'))) ?? Buffer.alloc(0);
        expect([salt.length, createHash('sha256').update(salt).update('Erin').digest('base64url')]).toEqual([16, first]);
      });

      it('is gone with the account, whoever still holds on to it', async () => {
        const account = newAccount();
        const held: PersonalDataKey[] = [];
        const sealed = (await use(account, (key) => (held.push(key), key.seal(place, ['Erin'])))) ?? '';
        await store.shred(account);
        expect(held.map(({ isErased }) => isErased)).toEqual([true]);
        for (const key of held) expect(() => key.open(place, sealed)).toThrow('erased');
        for (const create of [true, false]) await expect(use(account, () => 'used', create)).rejects.toThrow(AccountShredded);
        store = await opened.reopen();
        await expect(use(account, () => 'used')).rejects.toThrow(AccountShredded);
      });

      it('never shows its bytes', async () => {
        const shown = await use(newAccount(), (key) => `${inspect(key, { showHidden: true })} ${JSON.stringify(key)} ${Object.keys(key).join(' ')}`);
        expect(shown).not.toMatch(/Buffer|bytes|\[\d/);
      });
    });

    it('names all that were ever shredded, also those that it never had', async () => {
      const [account, unknown, left] = [newAccount(), newAccount(), newAccount()];
      await store.put(account, [newSecret('x')]);
      await store.put(left, [newSecret('x')]);
      for (const each of [account, unknown.toUpperCase()]) await store.shred(each);
      store = await opened.reopen();
      const shredded = await store.shredded();
      expect([account, unknown, left].map((each) => shredded.has(each))).toEqual([true, true, false]);
    });

    describe('sweeping', () => {
      it('deletes what was superseded longer ago than the grace, and keeps it until then', async () => {
        const account = newAccount();
        const [old, current] = [newSecret('old'), newSecret('current')];
        await store.put(account, [old, current]);
        await store.markSuperseded(account, [old.secretId, randomUUID()], minutes(10));
        const isCurrent = async (of: string, ids: readonly string[]) => new Set(ids.filter((id) => of !== account || id === current.secretId));

        await store.sweep({ now: new Date(hours(24).getTime() + 10 * 60_000 - 1), isCurrent });
        expect(await store.listIds(account)).toEqual(new Set([old.secretId, current.secretId]));
        await store.sweep({ now: new Date(hours(24).getTime() + 10 * 60_000), isCurrent });
        expect(await store.listIds(account)).toEqual(new Set([current.secretId]));
      });

      it('deletes at once with a grace of 0', async () => {
        const account = newAccount();
        const secret = newSecret('old');
        await store.put(account, [secret]);
        await store.markSuperseded(account, [secret.secretId], noon);
        expect(await store.sweep({ now: noon, graceMilliseconds: 0, isCurrent: none })).toEqual({ deleted: 1 });
        await expect(store.open(account, secret)).rejects.toThrow(SecretNotFound);
      });

      it('deletes orphans after an hour, not before, and nothing that is referred to', async () => {
        const [account, other] = [newAccount(), newAccount()];
        const [orphan, kept] = [newSecret('orphan'), newSecret('kept')];
        await store.put(account, [orphan]);
        await store.put(other, [kept]);
        await store.sweep({ now: minutes(59), isCurrent: none });
        expect(await opens(account, orphan)).toBe('orphan');

        const { deleted } = await store.sweep({ now: minutes(60), isCurrent: async (of, ids) => new Set(of === account ? [] : ids) });
        expect(deleted).toBe(1);
        await expect(store.open(account, orphan)).rejects.toThrow(SecretNotFound);
        expect(await opens(other, kept)).toBe('kept');
      });

      it('never deletes what the account refers to, though it was noted as superseded', async () => {
        const account = newAccount();
        const secret = newSecret('back again');
        await store.put(account, [secret]);
        await store.markSuperseded(account, [secret.secretId], noon);
        await store.sweep({ now: hours(48), isCurrent: all });
        expect(await opens(account, secret)).toBe('back again');
        await store.sweep({ now: hours(49), isCurrent: all });
        expect(await opens(account, secret)).toBe('back again');
      });

      it('finds a secret that was replaced without a note of it, and gives it its grace from then on', async () => {
        const account = newAccount();
        const secret = newSecret('forgotten');
        await store.put(account, [secret]);
        await store.sweep({ now: hours(2), isCurrent: all });
        const isCurrent = async (of: string, ids: readonly string[]) => new Set(of === account ? [] : ids);
        await store.sweep({ now: hours(26), isCurrent });
        expect(await opens(account, secret)).toBe('forgotten');
        await store.sweep({ now: hours(49), isCurrent });
        expect(await opens(account, secret)).toBe('forgotten');
        await store.sweep({ now: hours(50), isCurrent });
        await expect(store.open(account, secret)).rejects.toThrow(SecretNotFound);
      });

      it('leaves what was retained in the meantime, and says which were there to retain', async () => {
        const account = newAccount();
        const secret = newSecret('reverted to');
        await store.put(account, [secret]);
        await store.markSuperseded(account, [secret.secretId], noon);
        opened.setNow(hours(30));
        const lost = randomUUID();
        let retained: ReadonlySet<string> = new Set();
        const { deleted } = await store.sweep({
          now: hours(30),
          isCurrent: async (of, ids) => {
            if (of !== account) return new Set(ids);
            retained = await store.retain(account, [secret.secretId, lost]);
            return new Set();
          },
        });
        expect(retained).toEqual(new Set([secret.secretId]));
        opened.setNow(noon);
        expect(deleted).toBe(0);
        expect(await opens(account, secret)).toBe('reverted to');
      });

      it('asks of each account only once and of its own secrets only', async () => {
        const account = newAccount();
        const secrets = [newSecret('a'), newSecret('b', { slot: 'receiver.password' })];
        await store.put(account, secrets);
        const asked: string[][] = [];
        await store.sweep({
          now: hours(1),
          isCurrent: async (of, ids) => {
            if (of === account) asked.push([...ids].sort());
            return new Set(ids);
          },
        });
        expect(asked).toEqual([secrets.map(({ secretId }) => secretId).sort()]);
      });
    });

    describe('derived keys', () => {
      it('are 32 bytes, stable over restarts, one for each label, and the caller has a copy', async () => {
        const [first, second] = await Promise.all([store.deriveKey('api-token'), store.deriveKey('api-token')]);
        const expected = Buffer.from(first);
        expect(first).toHaveLength(32);
        expect(second).toEqual(expected);
        expect(await store.deriveKey('cursor')).not.toEqual(expected);
        first.fill(0);
        expect(await store.deriveKey('api-token')).toEqual(expected);
        store = await opened.reopen();
        expect(await store.deriveKey('api-token')).toEqual(expected);
      });
    });

    describe('looking after it', () => {
      it('counts accounts, secrets, shredded accounts and the keys of each root key', async () => {
        const before = await store.status();
        const [account, other] = [newAccount(), newAccount()];
        await store.put(account, [newSecret('a'), newSecret('b')]);
        await store.put(other, [newSecret('c')]);
        await store.shred(other);
        const after = await store.status();
        expect(after.accounts - before.accounts).toBe(1);
        expect(after.secrets - before.secrets).toBe(2);
        expect(after.shreddedAccounts - before.shreddedAccounts).toBe(1);
        expect((after.wrappedKeys.get(after.activeRootKeyId) ?? 0) - (before.wrappedKeys.get(before.activeRootKeyId) ?? 0)).toBe(1);
      });

      it('finds everything readable, and says how far it is', async () => {
        await store.put(newAccount(), [newSecret('a')]);
        const { secrets } = await store.status();
        const progress: number[] = [];
        expect(await store.doctor((done, total) => progress.push(done / total))).toEqual({ checked: secrets, unreadable: [], lostKeys: [] });
        expect(progress.at(-1)).toBe(1);
        expect(progress).toEqual([...progress].sort((a, b) => a - b));
      });

      it('has nothing to wrap anew while the root key stays', async () => {
        expect(await store.rewrapAll()).toEqual({ rewrapped: 0, failedAccounts: [] });
      });
    });

    it('finishes what it accepted before it closes, and refuses everything after', async () => {
      const account = newAccount();
      const secret = newSecret('just in time');
      const [accepted, erased] = [store.put(account, [secret]), store.shred(newAccount())];
      const closed = store;
      store = await opened.reopen();
      await expect(Promise.all([accepted, erased])).resolves.toBeDefined();
      expect(await opens(account, secret)).toBe('just in time');
      const refused = await Promise.allSettled([
        closed.put(account, [newSecret('late')]),
        closed.fingerprint(account, 'sender.password', secret.value),
        closed.open(account, secret),
        closed.listIds(account),
        closed.retain(account, []),
        closed.markSuperseded(account, [], noon),
        closed.destroy(account, []),
        closed.shred(account),
        closed.sweep({ now: noon, isCurrent: only(account) }),
        closed.deriveKey('api-token'),
        closed.status(),
        closed.rewrapAll(),
        closed.doctor(),
      ]);
      expect(refused.map((outcome) => outcome.status === 'rejected' && outcome.reason instanceof SecretStoreUnavailable)).toEqual(refused.map(() => true));
      await closed.close();
    });
  });
}

export function newAccount(): string {
  return `account-${randomUUID()}`;
}

export function newSecret(text: string, properties: Partial<SecretToSeal> = {}): SecretToSeal {
  const boundTo = ['smtp://mail.example.com:587?tls=required'];
  return { secretId: randomUUID(), slot: 'sender.password', version: 1, boundTo, value: new SecretValue(text), ...properties };
}
