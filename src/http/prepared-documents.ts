import { GraphQLError, parse, specifiedRules, validate, type DocumentNode } from 'graphql';
import type { GraphQLRules } from './graphql-rules.js';

export type Prepared =
  | { readonly document: DocumentNode }
  | { readonly stage: 'parsing'; readonly errors: readonly GraphQLError[] }
  | { readonly stage: 'validation'; readonly document: DocumentNode; readonly errors: readonly GraphQLError[] };

const maximumKept = 200;
const maximumKeptLength = 20_000;

/** Parses and validates documents by the same rules as over HTTP. The valid ones are kept for the next client that sends them. */
export class PreparedDocuments {
  readonly #kept = new Map<string, Prepared>();

  constructor(readonly rules: GraphQLRules) {}

  prepare(text: string): Prepared {
    const kept = this.#kept.get(text);
    if (kept) return kept;
    const prepared = this.#prepare(text);
    if (!('errors' in prepared) && text.length <= maximumKeptLength) this.#keep(text, prepared);
    return prepared;
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

  #keep(text: string, prepared: Prepared): void {
    const [oldest] = this.#kept.keys();
    if (this.#kept.size >= maximumKept && oldest !== undefined) this.#kept.delete(oldest);
    this.#kept.set(text, prepared);
  }
}
