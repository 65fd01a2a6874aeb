import { InvalidCursor } from '../../projections/paging.js';
import { badUserInput } from '../top-level-error.js';
import { pageRequest, type PageArguments, type PageRequest } from './page-arguments.js';

/** The page that the arguments ask for, as `read` answers it. @throws {GraphQLError} BAD_USER_INPUT, with the argument named. */
export function readPage<Answer>(page: PageArguments, read: (request: PageRequest) => Answer): Answer {
  const request = pageRequest(page);
  try {
    return read(request);
  } catch (error) {
    if (!(error instanceof InvalidCursor)) throw error;
    throw badUserInput(error.message, error.cursor === request.after ? 'after' : 'before');
  }
}
