import { readFileSync, writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { argv, stdout } from 'node:process';
import { pathToFileURL } from 'node:url';
import { lexicographicSortSchema, printSchema, type GraphQLSchema } from 'graphql';
import { buildPostledgerSchema } from './build-schema.js';

/** The schema as it is committed: sorted, so that a change shows as itself and nothing else. */
export function printedSchema(schema: GraphQLSchema): string {
  return `${printSchema(lexicographicSortSchema(schema))}\n`;
}

/** Writes `schema/schema.graphql`, from the project's directory: `npm run schema`. */
function writeSchema(): void {
  const path = resolve('schema/schema.graphql');
  const printed = printedSchema(buildPostledgerSchema());
  writeFileSync(path, printed);
  stdout.write(`${path}: ${readFileSync(path, 'utf8').split('\n').length} lines\n`);
}

if (argv[1] !== undefined && import.meta.url === pathToFileURL(argv[1]).href) writeSchema();
