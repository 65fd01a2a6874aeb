import { getNamedType, isInterfaceType, isLeafType, isObjectType, type GraphQLNamedType, type GraphQLSchema } from 'graphql';
import type { ComplexityEstimatorArgs } from 'graphql-query-complexity';
import { defaultPageSize } from './paging/page-arguments.js';

/**
 * What a field costs, in objects: a leaf nothing, an object 1 and what is asked of it, a connection its page size times what is asked of each entry.
 * A list that is part of its object (stages, warnings, changes) counts as one object, however long: it is stored and read with it.
 * A field that says its own cost keeps it.
 */
export function setCosts(schema: GraphQLSchema): void {
  for (const type of Object.values(schema.getTypeMap())) {
    if (type.name.startsWith('__') || (!isObjectType(type) && !isInterfaceType(type))) continue;
    for (const field of Object.values(type.getFields())) {
      if (field.extensions['complexity'] !== undefined) continue;
      const named = getNamedType(field.type);
      const complexity = isLeafType(named) ? 0 : isPage(named) ? ofPage : partsOfPage.has(field.name) && isPage(type) ? ofParts : 1;
      field.extensions = { ...field.extensions, complexity };
    }
  }
}

/** A Relay connection. A connection to a mail server is called one as well, and has no pages. */
function isPage(type: GraphQLNamedType): boolean {
  return isObjectType(type) && 'pageInfo' in type.getFields();
}

/** Edges are the page itself, which its connection counts. */
const partsOfPage = new Set(['edges', 'pageInfo']);

/** What a list costs more for which every account is looked up as it was: 1 µs or so each, once for the page and once for the count. */
const everyAccountThen = 100;
/** The same where whoever asks cannot be told from one who asks for the present, which costs a tenth. */
const everyAccountPerhaps = 10;

/** A page of accounts as they are, or with `at` as they were. */
export function ofAccounts(given: ComplexityEstimatorArgs): number {
  return ofPage(given) + (given.args['at'] === undefined || given.args['at'] === null ? 0 : everyAccountThen);
}

/** A page of the accounts that name something, as they are or as they were. */
export function ofAccountsNaming(given: ComplexityEstimatorArgs): number {
  return ofPage(given) + everyAccountPerhaps;
}

function ofPage({ args, childComplexity }: ComplexityEstimatorArgs): number {
  const size: unknown = args['first'] ?? args['last'];
  return 1 + Math.max(0, typeof size === 'number' ? size : defaultPageSize) * childComplexity;
}

function ofParts({ childComplexity }: ComplexityEstimatorArgs): number {
  return childComplexity;
}
