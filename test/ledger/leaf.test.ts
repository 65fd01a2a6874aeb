import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { canonicalJson } from '../../src/ledger/canonical-json.js';
import { leafInput } from '../../src/ledger/leaf.js';

describe('canonical JSON', () => {
  it('is what RFC 8785 shows (sections 3.2.2 and 3.2.3)', () => {
    const primitives = JSON.parse(
      String.raw`{"numbers":[333333333.33333329,1E30,4.50,2e-3,0.000000000000000000000000001],"string":"\u20ac$\u000F\u000aA'\u0042\u0022\u005c\\\"\/","literals":[null,true,false]}`,
    ) as unknown;
    expect(canonicalJson(primitives)).toBe(
      String.raw`{"literals":[null,true,false],"numbers":[333333333.3333333,1e+30,4.5,0.002,1e-27],"string":"€$\u000f\nA'B\"\\\\\"/"}`,
    );
    const names = JSON.parse(
      String.raw`{"\u20ac":"Euro Sign","\r":"Carriage Return","\ufb33":"Hebrew Letter Dalet With Dagesh","1":"One","\ud83d\ude00":"Emoji: Grinning Face","\u0080":"Control","\u00f6":"Latin Small Letter O With Diaeresis"}`,
    ) as object;
    expect(Object.values(JSON.parse(canonicalJson(names)) as object)).toHaveLength(7);
    expect([...canonicalJson(names).matchAll(/:"([^"]+)"/g)].map(([, value]) => value)).toEqual([
      'Carriage Return',
      'One',
      'Control',
      'Latin Small Letter O With Diaeresis',
      'Euro Sign',
      'Emoji: Grinning Face',
      'Hebrew Letter Dalet With Dagesh',
    ]);
  });

  it('is the same for equal values, whatever the order of their members, and reads as the value', () => {
    const turned = (value: unknown): unknown => {
      if (typeof value !== 'object' || value === null) return value;
      return Array.isArray(value)
        ? value.map(turned)
        : Object.fromEntries(
            Object.entries(value)
              .toReversed()
              .map(([name, each]) => [name, turned(each)]),
          );
    };
    fc.assert(
      fc.property(fc.jsonValue({ noUnicodeString: false }), (value) => {
        const asRead = JSON.parse(JSON.stringify(value)) as unknown;
        expect(canonicalJson(turned(asRead))).toBe(canonicalJson(asRead));
        expect(JSON.parse(canonicalJson(asRead))).toEqual(asRead);
      }),
    );
  });

  it('is refused where there is none', () => {
    for (const value of [undefined, 1n, Number.NaN, Infinity, [undefined], { a: [1n] }, new Date(0), () => 1])
      expect(() => canonicalJson(value)).toThrow(TypeError);
  });
});

const event = {
  id: '11111111-1111-4111-8111-111111111111',
  streamId: 'emailAccount-sales',
  revision: 2n,
  type: 'SenderPasswordChanged',
  recordedAt: new Date('2026-11-30T12:00:00.000Z'),
  data: { password: { version: 1, secretId: 'a-secret-id', fingerprint: 'a-fingerprint' } },
  metadata: { reason: 'because', $personal: { subject: 'emailAccount-sales', sealed: 'a-sealed-text', commitments: { accountName: 'a-commitment' } } },
};

describe('the leaf of an event', () => {
  it('says all of it but its position, in one order', () => {
    expect(leafInput({ ...event, data: { b: 1, a: 'x' }, metadata: {} })).toBe(
      '{"data":{"a":"x","b":1},"id":"11111111-1111-4111-8111-111111111111","metadata":{},"recordedAt":"2026-11-30T12:00:00.000Z","revision":"2","streamId":"emailAccount-sales","type":"SenderPasswordChanged"}',
    );
  });

  it('stands for references to secrets, verifiers and sealed texts without saying them', () => {
    const leaf = leafInput({ ...event, data: { ...event.data, verifier: 'a-verifier' } });
    for (const hidden of ['a-secret-id', 'a-fingerprint', 'a-sealed-text', 'a-verifier']) expect(leaf).not.toContain(hidden);
    expect(leaf).toContain('a-commitment');
  });

  it('is another one when what stands for something in it is put in its place', () => {
    const leafOf = (data: object, metadata: object) => leafInput({ ...event, data: { ...data }, metadata: { ...metadata } });
    const honest = leafOf({ ...event.data, verifier: 'a-verifier' }, event.metadata);
    const inLeaf = JSON.parse(honest) as { data: { password: object; verifier: object }; metadata: { $personal: { sealed: object } } };
    const { password, verifier } = inLeaf.data;
    const { sealed } = inLeaf.metadata.$personal;
    expect(JSON.stringify([password, verifier, sealed])).toMatch(/^(?:.\{"sha256":"[\w-]{43}"\}){3}\]$/);
    const forged = [
      leafOf({ password, verifier: 'a-verifier' }, event.metadata),
      leafOf({ ...event.data, verifier }, event.metadata),
      leafOf({ ...event.data, verifier: 'a-verifier' }, { ...event.metadata, $personal: { ...event.metadata.$personal, sealed } }),
    ];
    // And what stands for those cannot be put in their place either.
    const [literal] = forged.map((leaf) => (JSON.parse(leaf) as { data: { password: object } }).data.password);
    forged.push(leafOf({ password: literal, verifier: 'a-verifier' }, event.metadata));
    expect(new Set([honest, ...forged]).size).toBe(5);
  });

  it.each([
    { id: '21111111-1111-4111-8111-111111111111' },
    { streamId: 'emailAccount-other' },
    { revision: 3n },
    { type: 'ReceiverPasswordChanged' },
    { recordedAt: new Date('2026-11-30T12:00:00.001Z') },
    { data: { password: { ...event.data.password, fingerprint: 'another' } } },
    { metadata: { ...event.metadata, reason: 'therefore' } },
    { metadata: { ...event.metadata, $personal: { ...event.metadata.$personal, sealed: 'another' } } },
  ])('is another one when anything of it is (%#)', (change) => {
    expect(leafInput({ ...event, ...change })).not.toBe(leafInput(event));
  });
});
