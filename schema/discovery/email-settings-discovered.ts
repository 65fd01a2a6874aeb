import { Field, ObjectType, Resolver, Root, Subscription } from 'type-graphql';
import type { DiscoveryProgress } from '../../src/discovery/discovery-port.js';
import type { RequestContext } from '../request-context.js';
import { untilReturned } from '../subscription/until-returned.js';
import { EmailAddressArgument, emailSettingsDiscovery, EmailSettingsDiscovery } from './discover-email-settings.js';
import { DiscoverySourceResult } from './discovery-source.js';

@ObjectType({ description: 'How a running discovery is getting on: the sources as they end, then the whole once.' })
export class EmailSettingsDiscoveryProgress {
  @Field(() => DiscoverySourceResult, { nullable: true, description: 'A source that has ended; null beside the whole.' })
  readonly source!: DiscoverySourceResult | null;

  @Field(() => EmailSettingsDiscovery, { nullable: true, description: 'All that was found, as the last message; null before.' })
  readonly discovery!: EmailSettingsDiscovery | null;
}

@Resolver()
export class EmailSettingsDiscovered {
  @Subscription(() => EmailSettingsDiscoveryProgress, {
    description:
      'Searches as `discoverEmailSettings` does, and tells of each source as it ends. Ending the subscription stops the search; the audit trail has it all the same. ' +
      'What is no email address is an error BAD_USER_INPUT with `extensions.problems`, a list of code, message and field as in UserError.',
    subscribe: ({ args, context }: { args: { emailAddress: string }; context: RequestContext }) =>
      untilReturned(context.signal, (signal) => context.settingsDiscoveries.progress(context.call, args.emailAddress, signal)),
  })
  emailSettingsDiscovered(@Root() progress: DiscoveryProgress, @EmailAddressArgument() _emailAddress: string): EmailSettingsDiscoveryProgress {
    return 'discovery' in progress ? { source: null, discovery: emailSettingsDiscovery(progress.discovery) } : { source: progress.source, discovery: null };
  }
}
