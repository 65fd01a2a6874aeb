import { Field, ID, Int, ObjectType } from 'type-graphql';
import { Role } from '../../access/role.js';
import { enumeration } from '../../enumeration.js';
import type { AuthenticationFailure as Failure } from '../../../src/domain/security-log/events.js';
import type { EntriesOf } from './entry-table.js';
import { command, told } from './fields-of-several.js';

export const AuthenticationFailure = enumeration<Failure>('AuthenticationFailure', 'Why somebody was not recognised.', {
  MALFORMED: 'What was shown is no token at all, or is mistyped.',
  UNKNOWN: 'There is no such token.',
  EXPIRED: 'The token has expired.',
  REVOKED: 'The token was revoked.',
});

@ObjectType({ description: 'One thing that was wrong with a refused command. Never holds what was sent.' })
export class RefusedProblem {
  @Field(() => String, { description: 'As UserErrorCode names it.' })
  readonly code!: string;

  @Field(() => [String], { nullable: true, description: 'The path inside `input`; null when it was about the whole.' })
  readonly field!: readonly string[] | null;
}

/** What was attempted and changed nothing. */
export const attemptEntries: EntriesOf<
  'CommandRefused' | 'CommandConflicted' | 'CommandChangedNothing' | 'CommandFailed' | 'AccessDenied' | 'RequestsLimited' | 'AuthenticationFailed'
> = {
  CommandRefused: {
    description: 'A change was refused by a rule.',
    adds: { command, problems: { type: () => [RefusedProblem], description: 'All that was wrong with it.', of: (data) => data.problems }, count: told },
  },
  CommandConflicted: {
    description: 'A change was refused, because somebody else had made another since the caller looked.',
    adds: {
      command,
      expectedVersion: { type: () => Int, description: 'The version that the caller took for the current one.', of: (data) => data.expectedVersion },
      currentVersion: { type: () => Int, description: 'The version that was the current one.', of: (data) => data.currentVersion },
    },
  },
  CommandChangedNothing: { description: 'A change was allowed, and everything was so already.', adds: { command } },
  CommandFailed: {
    description: 'A change failed through a fault of the service, or a read that not every role may do.',
    adds: {
      command,
      reference: { type: () => ID, description: "What the caller's error and the service's log name it by: the last of them.", of: (data) => data.reference },
      count: told,
    },
  },
  AccessDenied: {
    description: 'Somebody asked for what their role does not allow.',
    adds: { command, role: { type: () => Role, description: 'The role that they had.', of: (data) => data.role }, count: told },
  },
  RequestsLimited: {
    description: 'Somebody asked more often than one caller may. Nothing of it was carried out.',
    adds: {
      command,
      count: { type: () => Int, description: 'How often: those of one minute, caller and command are told together.', of: (data) => data.count },
    },
  },
  AuthenticationFailed: {
    description: 'Somebody called and did not prove who they are.',
    adds: {
      cause: { type: () => AuthenticationFailure, description: 'Why they were not recognised.', of: (data) => data.cause },
      count: { type: () => Int, description: 'How often: failures of one minute and address are told together.', of: (data) => data.count },
      shownTokenId: {
        type: () => ID,
        nullable: true,
        description: 'The id of the token that was shown, where it was one of ours that had expired or was revoked; null otherwise.',
        of: (data) => data.tokenId ?? null,
      },
    },
  },
};
