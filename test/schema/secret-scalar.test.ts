import { inspect } from 'node:util';
import { GraphQLError, parse, validate } from 'graphql';
import { describe, expect, it } from 'vitest';
import { buildPostledgerSchema } from '../../schema/build-schema.js';
import { Secret } from '../../schema/secret/secret-scalar.js';
import { SecretValue } from '../../src/secret-store/secret-value.js';

const canary = 'correct horse battery staple';

/** Everything that an error could show of itself. */
function shown(attempt: () => unknown): string {
  try {
    attempt();
  } catch (error) {
    if (error instanceof GraphQLError) return `${error.message} ${JSON.stringify(error)} ${inspect(error, { depth: 10 })}`;
    throw error;
  }
  throw new Error('It was accepted.');
}

describe('a secret', () => {
  it.each(['pass', 'pässwörd 🔑', 'x'.repeat(4096), ' leading and trailing '])('comes in as it was sent, and prints as nothing: %#', (text) => {
    const value = Secret.parseValue(text);
    expect(value).toBeInstanceOf(SecretValue);
    expect(value.reveal()).toBe(text);
    expect(`${String(value)} ${JSON.stringify({ value })} ${inspect(value)}`).not.toContain(text);
  });

  it.each([
    ['an empty text: null is what clears', ''],
    ['what is longer than 4,096 characters', `${canary}${'x'.repeat(4096)}`],
    ['a line break, which a mail server would take for the end of a command', `${canary}\r\nQUIT`],
    ['NUL', `${canary}\0`],
    ['half a character', `${canary}\uD83D`],
    ['a number', 1234],
    ['a list', [canary]],
    ['an object', { password: canary }],
  ])('is not %s, and the refusal does not repeat it', (_what, sent) => {
    const refusal = shown(() => Secret.parseValue(sent));
    expect(refusal).toContain('BAD_USER_INPUT');
    expect(refusal).not.toContain(canary);
  });

  it('never comes through the document, which is logged and cached; the refusal does not carry the document', () => {
    const document = parse(`mutation { changeSenderPassword(input: { accountId: "Sales", password: "${canary}" }) { pending } }`);
    const errors = validate(buildPostledgerSchema(), document);
    expect(errors.map(({ message }) => message)).toEqual(['A secret must come through a variable, never as a literal in the document.']);
    expect(errors[0]?.source).toBeUndefined();
    expect(`${JSON.stringify(errors)} ${inspect(errors, { depth: 10 })}`).not.toContain(canary);
  });

  it('never goes out, whatever a resolver returns', () => {
    for (const value of [canary, new SecretValue(canary)]) expect(shown(() => Secret.serialize(value))).not.toContain(canary);
  });
});
