import { Arg, Ctx, Field, Int, ObjectType, Query, Resolver } from 'type-graphql';
import type { Discovery } from '../../src/discovery/discovery-port.js';
import type { RequestContext } from '../request-context.js';
import { DiscoverySourceResult } from './discovery-source.js';
import { EmailSettingsCandidate } from './email-settings-candidate.js';

@ObjectType({ description: 'What was found of how an email address sends and receives.' })
export class EmailSettingsDiscovery {
  @Field(() => String, { description: 'The address that was asked for, its domain in lower case and as A-labels (RFC 5890).' })
  readonly emailAddress!: string;

  @Field(() => [EmailSettingsCandidate], {
    description:
      'All that was found, those of the more trusted source first, whoever answered first; of one source in its own order, clear text last. A server that several sources name stands here once.',
  })
  readonly candidates!: readonly EmailSettingsCandidate[];

  @Field(() => [DiscoverySourceResult], { description: 'How each source ended, the most trusted first.' })
  readonly sources!: readonly DiscoverySourceResult[];

  @Field(() => Int, { description: 'How long it took, in milliseconds. It is ended after 10,000.' })
  readonly durationMilliseconds!: number;
}

export function emailSettingsDiscovery({ candidates, ...discovery }: Discovery): EmailSettingsDiscovery {
  return { ...discovery, candidates: candidates.map((candidate) => new EmailSettingsCandidate(candidate)) };
}

/** The one argument of both ways to ask. */
export function EmailAddressArgument(): ReturnType<typeof Arg> {
  return Arg('emailAddress', () => String, { description: 'The address of the mailbox, as name@example.com. At most 254 octets.' });
}

@Resolver()
export class DiscoverEmailSettings {
  @Query(() => EmailSettingsDiscovery, {
    description:
      'Searches for how an email address sends and receives: in every source side by side, each for 5 seconds at most, all of it for 10. Nothing is changed, no password is needed or sent. Each search stands in the audit trail, with the domain and without the mailbox. ' +
      'A source that fails is told of in `sources`. Counts as a connection test: too many in a minute are an error RATE_LIMITED. ' +
      'What is no email address is an error BAD_USER_INPUT with `extensions.problems`.',
  })
  async discoverEmailSettings(
    @EmailAddressArgument() emailAddress: string,
    @Ctx() { call, settingsDiscoveries, signal }: RequestContext,
  ): Promise<EmailSettingsDiscovery> {
    return emailSettingsDiscovery(await settingsDiscoveries.whole(call, emailAddress, signal));
  }
}
