import { Ctx, Field, ID, InputType, Mutation, ObjectType, Resolver } from 'type-graphql';
import { ChangeInput, ChangePayload, changePayload, Input } from '../change.js';
import { parseGlobalId } from '../node/global-id.js';
import type { RequestContext } from '../request-context.js';
import { ApiToken } from './api-token.js';

@InputType({ description: 'The API token to revoke.' })
export class RevokeApiTokenInput extends ChangeInput {
  @Field(() => ID, { description: 'The `id` of the token, as the query `apiTokens` shows it, or its id in the audit trail.' })
  readonly id!: string;
}

@ObjectType({ description: 'What came of `revokeApiToken`.' })
export class RevokeApiTokenPayload extends ChangePayload {
  @Field(() => ApiToken, { nullable: true, description: 'The token after the change; null when it was refused.' })
  readonly apiToken!: ApiToken | null;
}

@Resolver()
export class RevokeApiToken {
  @Mutation(() => RevokeApiTokenPayload, {
    description: 'Revokes an API token for good: it opens nothing any more. Revoking it again changes nothing. Errors: NOT_FOUND.',
  })
  async revokeApiToken(
    @Input(() => RevokeApiTokenInput) { id, ...options }: RevokeApiTokenInput,
    @Ctx() { call, tokenCommands }: RequestContext,
  ): Promise<RevokeApiTokenPayload> {
    const parsed = parseGlobalId(id);
    const changed = await tokenCommands.revoke(call, { id: parsed?.type === 'ApiToken' ? parsed.key : id }, options);
    return { apiToken: changed.entity && new ApiToken(changed.entity), ...changePayload(changed) };
  }
}
