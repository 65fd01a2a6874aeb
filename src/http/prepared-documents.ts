import { GraphQLError, parse, specifiedRules, validate, type DocumentNode } from 'graphql';
import type { GraphQLRules } from './graphql-rules.js';

export type Prepared =
  | { readonly document: DocumentNode }
  | { readonly stage: 'parsing'; readonly errors: readonly GraphQLError[] }
  | { readonly stage: 'validation'; readonly document: DocumentNode; readonly errors: readonly GraphQLError[] };

const maximumKept = 200;
const maximumKeptLength = 20_000;

/** Parses and validates documents, by the same rules over HTTP and WebSockets. The valid ones are kept for the next client that sends them. */
export class PreparedDocuments {
  readonly #kept = new Map<string, DocumentNode>();

  constructor(readonly rules: GraphQLRules) {}

  prepare(text: string): Prepared {
    const document = this.known(text);
    if (document) return { document };
    const prepared = this.#prepare(text);
    if (!('errors' in prepared)) this.keep(text, prepared.document);
    return prepared;
  }

  /** Null unless the document was found valid, and not too many others since. */
  known(text: string): DocumentNode | null {
    return this.#kept.get(text) ?? null;
  }

  /** To be called with valid documents alone. */
  keep(text: string, document: DocumentNode): void {
    if (text.length > maximumKeptLength || this.#kept.has(text)) return;
    const [oldest] = this.#kept.keys();
    if (this.#kept.size >= maximumKept && oldest !== undefined) this.#kept.delete(oldest);
    this.#kept.set(text, document);
  }

  #prepare(text: string): Prepared {
    const { schema, parseOptions, validationRules, validationOptions } = this.rules;
    try {
      const document = parse(text, parseOptions);
      const errors = validate(schema, document, [...specifiedRules, ...validationRules], validationOptions);
      return errors.length === 0 ? { document } : { stage: 'validation', document, errors };
    } catch (error) {
      if (error instanceof GraphQLError) return { stage: 'parsing', errors: [error] };
      throw error;
    }
  }
}
