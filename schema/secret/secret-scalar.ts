import { GraphQLError, GraphQLScalarType } from 'graphql';
import { SecretValue } from '../../src/secret-store/secret-value.js';

const maximumLength = 4096;

/** A password on its way in. No error of this scalar holds the value; nothing ever goes out through it. */
export const Secret = new GraphQLScalarType<SecretValue, never>({
  name: 'Secret',
  description:
    `A password or another secret: 1 to ${maximumLength} characters of Unicode text, without NUL, and without line breaks unless it is a private key as PEM. Input only, and only through variables: a literal in the document is ` +
    'refused, because documents are logged and cached. To clear a secret, send null where the field says so; an empty text is refused.',
  serialize: () => {
    throw new GraphQLError('A secret is never returned.', { extensions: { code: 'INTERNAL_SERVER_ERROR' } });
  },
  parseValue: (value) => {
    if (typeof value !== 'string') return refuseSecret('A secret is a text.');
    if (value.length === 0) return refuseSecret('A secret must not be empty. To clear it, send null.');
    if (value.length > maximumLength) return refuseSecret(`A secret has at most ${maximumLength} characters.`);
    if (/[\r\n\0]/.test(value) && !isPem(value)) return refuseSecret('A secret must not hold line breaks or NUL characters.');
    if (/\p{Surrogate}/u.test(value)) return refuseSecret('A secret must be valid Unicode text.');
    return new SecretValue(value);
  },
  // Without the node: an error that holds it would hold the document, and with it the secret.
  parseLiteral: () => refuseSecret('A secret must come through a variable, never as a literal in the document.'),
});

/** A private key comes in lines (RFC 7468), and in nothing but letters, digits and a few signs. */
function isPem(text: string): boolean {
  return /^-----BEGIN [A-Z0-9 ]*PRIVATE KEY-----\r?\n[A-Za-z0-9+/=\r\n]+-----END [A-Z0-9 ]*PRIVATE KEY-----\s*$/.test(text);
}

function refuseSecret(message: string): never {
  throw new GraphQLError(message, { extensions: { code: 'BAD_USER_INPUT' } });
}
