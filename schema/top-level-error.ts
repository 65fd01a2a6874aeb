import { GraphQLError } from 'graphql';
import type { Problem } from '../src/domain/decider.js';
import type { Role } from '../src/domain/access/role.js';

/** The request asks for something that cannot be: it will fail however often it is sent. `argument` names what to mend. */
export function badUserInput(message: string, argument: string): GraphQLError {
  return new GraphQLError(message, { extensions: { code: 'BAD_USER_INPUT', argument } });
}

/** A refusal where no payload could carry it, as in a subscription: the same codes, messages and paths as a payload's `errors`, in `extensions.problems`. */
export function refusedInput(problems: readonly Problem[]): GraphQLError {
  const message = problems.map((problem) => problem.message).join(' ');
  const told = problems.map((problem) => ({ code: problem.code, message: problem.message, field: problem.field ?? null }));
  return new GraphQLError(message, { extensions: { code: 'BAD_USER_INPUT', problems: told } });
}

/** The caller's role does not allow the field, e.g. `Mutation.eraseEmailAccount`. */
export function forbidden(role: Role, field: string, allowed: readonly Role[]): GraphQLError {
  return new GraphQLError(`The role ${role} may not use ${field}: it needs the role ${inWords(allowed)}. Ask an administrator for a token of such a role.`, {
    extensions: { code: 'FORBIDDEN', field, needs: allowed },
  });
}

/** The views did not become as fresh as the consistency token asks for within the deadline. */
export function notFreshInTime(): GraphQLError {
  return new GraphQLError(
    "This node's views did not reach the state that the consistency token names in time. Send the request again, or leave the token out to read what is there.",
    { extensions: { code: 'TIMEOUT' } },
  );
}

/** `ADMIN`, `EDITOR or ADMIN`, `OPERATOR, EDITOR or ADMIN`. */
export function inWords(roles: readonly Role[]): string {
  return roles.length < 2 ? roles.join('') : `${roles.slice(0, -1).join(', ')} or ${roles.at(-1) ?? ''}`;
}
