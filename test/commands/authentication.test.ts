import { randomBytes } from 'node:crypto';
import { beforeEach, describe, expect, it } from 'vitest';
import { Authentication, AuthenticationRefused, type StoredToken } from '../../src/commands/authentication.js';
import { idOfToken, newTokenText, verifierOf } from '../../src/commands/token-text.js';

const key = randomBytes(32);
const id = 'abcdefABCDEF';
const text = newTokenText(id);
const stored: StoredToken = {
  id,
  name: 'Deployments',
  role: 'EDITOR',
  verifier: verifierOf(text, key),
  expiresAt: null,
  revokedAt: null,
  lastUsedAt: null,
  bootstrap: false,
};

const origin = { requestId: 'r', ip: null, userAgent: null, clientName: null };

describe('a token', () => {
  let [token, now] = [stored, new Date('2026-03-01T12:00:00.000Z')];
  const authentication = new Authentication(
    key,
    (asked) => (asked === id ? token : null),
    () => Promise.resolve(true),
    () => now,
  );
  const shown = (shownText: string) => {
    try {
      return authentication.authenticate(`Bearer ${shownText}`, origin).actor.id;
    } catch (error) {
      return error instanceof AuthenticationRefused ? error.failure : error;
    }
  };
  beforeEach(() => {
    [token, now] = [stored, new Date('2026-03-01T12:00:00.000Z')];
    expect([shown(text), shown(text)]).toEqual([id, id]);
  });

  it('is refused as soon as it is revoked, however often it was accepted', () => {
    token = { ...stored, revokedAt: now.toISOString() };
    expect([shown(text), shown(text)]).toEqual(['REVOKED', 'REVOKED']);
  });

  it('is refused as soon as its time is up', () => {
    token = { ...stored, expiresAt: '2026-03-01T12:00:01.000Z' };
    expect(shown(text)).toBe(id);
    now = new Date('2026-03-01T12:00:01.000Z');
    expect(shown(text)).toBe('EXPIRED');
  });

  it('has its use noted at first and then once an hour; where that could not be recorded, again a minute later', async () => {
    const noted: string[] = [];
    const log = { takes: false };
    const user = new Authentication(
      key,
      () => stored,
      ({ tokenId }, { userAgent }) => {
        noted.push(`${now.toISOString()} ${tokenId} ${userAgent ?? ''} ${String(log.takes)}`);
        return Promise.resolve(log.takes);
      },
      () => now,
    );
    const use = async (time: string) => {
      now = new Date(`2026-03-01T${time}.000Z`);
      user.authenticate(`Bearer ${text}`, { ...origin, userAgent: 'deployer' });
      await Promise.resolve();
    };
    await use('12:00:00');
    await use('12:00:59');
    log.takes = true;
    for (const time of ['12:01:00', '12:30:00', '13:00:59', '13:01:00']) await use(time);
    expect(noted).toEqual([
      `2026-03-01T12:00:00.000Z ${id} deployer false`,
      `2026-03-01T12:01:00.000Z ${id} deployer true`,
      `2026-03-01T13:01:00.000Z ${id} deployer true`,
    ]);
  });

  it('is refused when another one has taken its id', () => {
    const other = newTokenText(id);
    token = { ...stored, verifier: verifierOf(other, key) };
    expect([shown(text), shown(other), shown(text)]).toEqual(['UNKNOWN', id, 'UNKNOWN']);
  });

  it('is told from one of the same id with other random bits, from a mistyped one and from none', () => {
    const mistyped = `${text.slice(0, -1)}${text.endsWith('0') ? '1' : '0'}`;
    expect([shown(newTokenText(id)), shown(mistyped), shown('postledger'), shown(newTokenText('000000000000'))]).toEqual([
      'UNKNOWN',
      'MALFORMED',
      'MALFORMED',
      'UNKNOWN',
    ]);
  });

  it('carries the CRC-32 of its text, so that scanners for leaked secrets find it and nothing else', () => {
    // Python's zlib.crc32 of what stands before it, in base 62 with the digits 0-9, A-Z, a-z.
    const made = newTokenText(id, Buffer.alloc(32));
    expect(made).toBe(`postledger_${id}_${'0'.repeat(43)}_14Mgch`);
    expect(idOfToken(made)).toBe(id);
    const mistyped = Array.from(made, (letter, place) => `${made.slice(0, place)}${letter === 'x' ? 'y' : 'x'}${made.slice(place + 1)}`);
    expect(mistyped.filter((each) => idOfToken(each) !== null)).toEqual([]);
  });
});
