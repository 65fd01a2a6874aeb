import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { checkpointText, parseCheckpoint } from '../../src/ledger/checkpoint.js';
import { sha256 } from '../../src/ledger/hashes.js';
import { newSignerKey, NoteMalformed, openNote, signerFrom, verifierFrom } from '../../src/ledger/signed-note.js';

/** A key and a note of its that other implementations of signed notes are tested with. */
const known = {
  signer: 'PRIVATE+KEY+PeterNeumann+c74f20a3+AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz',
  verifier: 'PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW',
  text: "If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n",
  signature: '— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n',
};

describe('a signed note', () => {
  it('is what other implementations write and read', () => {
    expect(signerFrom(known.signer).sign(known.text)).toBe(`${known.text}\n${known.signature}`);
    expect(signerFrom(known.signer).text).toBe(known.verifier);
    expect(openNote(`${known.text}\n${known.signature}`, verifierFrom(known.verifier))).toBe(known.text);
  });

  it('opens with its key alone, and only unaltered', () => {
    const signer = signerFrom(newSignerKey('example.com/log'));
    const note = signer.sign('one\ntwo\n');
    expect(openNote(note, verifierFrom(signer.text))).toBe('one\ntwo\n');
    expect(openNote(note, verifierFrom(known.verifier))).toBeNull();
    expect(openNote(note.replace('two', 'three'), verifierFrom(signer.text))).toBeNull();
    expect(openNote(note.replace('example.com/log', 'example.com/other'), verifierFrom(signer.text))).toBeNull();
    // Another key of the same name.
    expect(openNote(note, verifierFrom(signerFrom(newSignerKey('example.com/log')).text))).toBeNull();
  });

  it('opens with each of the keys that signed it', () => {
    const [one, two] = [signerFrom(newSignerKey('one')), signerFrom(newSignerKey('two'))];
    const both = one.sign('text\n') + two.sign('text\n').split('\n\n')[1];
    expect([one, two].map(({ text }) => openNote(both, verifierFrom(text)))).toEqual(['text\n', 'text\n']);
  });

  it('and its keys are refused when damaged, without a word of a secret one', () => {
    const secret = newSignerKey('example.com/log');
    const cut = secret.slice(0, -3);
    expect(() => signerFrom(cut)).toThrow(NoteMalformed);
    expect(() => signerFrom(cut)).not.toThrow(cut.split('+').at(-1) ?? 'no key');
    // Who takes one for the other is told so, and nothing more.
    expect(() => verifierFrom(secret)).toThrow('It is a signing key, which is secret.');
    expect(() => verifierFrom(secret)).not.toThrow(secret.slice(-12));
    expect(() => signerFrom(secret.replace('example', 'other'))).toThrow('It was altered.');
    expect(() => verifierFrom(known.verifier.replace('PeterNeumann', 'Peter'))).toThrow('It was altered.');
    expect(() => newSignerKey('two words')).toThrow(NoteMalformed);
    expect(() => openNote('no note', verifierFrom(known.verifier))).toThrow(NoteMalformed);
  });
});

describe('a checkpoint', () => {
  it('is read as it was written', () => {
    fc.assert(
      fc.property(fc.stringMatching(/^[a-z./-]{1,40}$/), fc.nat({ max: 2 ** 48 }), fc.string(), (origin, size, seed) => {
        const head = { origin, size, root: sha256(seed) };
        expect(parseCheckpoint(checkpointText(head))).toEqual(head);
      }),
    );
  });

  it.each([
    '',
    'origin\n',
    'origin\n01\nAAAA\n',
    `origin\n1\n${'A'.repeat(40)}\n`,
    `\n1\n${sha256('').toString('base64')}\n`,
    `o\n-1\n${sha256('').toString('base64')}\n`,
  ])('is refused when it is none: %j', (text) => expect(() => parseCheckpoint(text)).toThrow(NoteMalformed));
});
