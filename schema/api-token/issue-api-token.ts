import { Ctx, Field, InputType, Mutation, ObjectType, Resolver } from 'type-graphql';
import type { Role as RoleName } from '../../src/domain/access/role.js';
import { Role } from '../access/role.js';
import { ChangeInput, ChangePayload, changePayload, Input } from '../change.js';
import { DateTime } from '../date-time/date-time-scalar.js';
import type { RequestContext } from '../request-context.js';
import { ApiToken } from './api-token.js';

@InputType({ description: 'A new API token.' })
export class IssueApiTokenInput extends ChangeInput {
  @Field(() => String, { description: 'Its name, 1 to 128 characters: who or what will hold it. Need not be unique.' })
  readonly name!: string;

  @Field(() => Role, { description: 'What its holder may do.' })
  readonly role!: RoleName;

  @Field(() => DateTime, { nullable: true, description: 'When it ends, a time to come. Default: it does not end.' })
  readonly expiresAt?: Date | null;
}

@ObjectType({ description: 'What came of `issueApiToken`.' })
export class IssueApiTokenPayload extends ChangePayload {
  @Field(() => ApiToken, { nullable: true, description: 'The token, without what it reads; null when it was refused.' })
  readonly apiToken!: ApiToken | null;

  @Field(() => String, {
    nullable: true,
    description:
      'What the token reads, for `Authorization: Bearer …`. Shown this once and stored nowhere; null when it was refused, and on a repeat with the same idempotency key.',
  })
  readonly token!: string | null;
}

@Resolver()
export class IssueApiToken {
  @Mutation(() => IssueApiTokenPayload, {
    description: 'Issues an API token. Errors: OUT_OF_RANGE for an end that has passed, and what is wrong with the name.',
  })
  async issueApiToken(
    @Input(() => IssueApiTokenInput) { name, role, expiresAt, ...options }: IssueApiTokenInput,
    @Ctx() { call, tokenCommands }: RequestContext,
  ): Promise<IssueApiTokenPayload> {
    const changed = await tokenCommands.issue(call, { name, role, expiresAt: expiresAt ?? null }, options);
    return { apiToken: changed.entity && new ApiToken(changed.entity), token: changed.token, ...changePayload(changed) };
  }
}
