import { Field, Int, ObjectType } from 'type-graphql';
import type { DiscoverySource as Source, MailProtocol as Protocol } from '../../src/discovery/discovery-port.js';
import type { StageOutcome as Outcome } from '../../src/domain/email-account/connection-test.js';
import { StageOutcome } from '../connection-test/connection-test-stage.js';
import { enumeration } from '../enumeration.js';

export const MailProtocol = enumeration<Protocol>('MailProtocol', 'What a server speaks.', {
  SMTP: 'Sends (RFC 5321, submission by RFC 6409).',
  IMAP: 'Receives (RFC 9051).',
  POP3: 'Receives (RFC 1939).',
  MICROSOFT_GRAPH: 'Sends and receives, through the web interface of Microsoft 365.',
});

export const DiscoverySource = enumeration<Source>(
  'DiscoverySource',
  'Where settings are searched for, in the order of trust: CATALOGUE, PROVIDER_AUTOCONFIG, THUNDERBIRD_DATABASE, DNS_SRV, MX, EXCHANGE_AUTODISCOVER, GUESS.',
  {
    CATALOGUE: 'The catalogue of providers that comes with the service, by the domain. Asks nobody.',
    PROVIDER_AUTOCONFIG: 'What the domain itself publishes for mail programs, over https with a verified certificate alone. It is told the whole address.',
    THUNDERBIRD_DATABASE:
      'The database of the Thunderbird project. It is told the domain and nothing else, and not asked at all where the service is set up with POSTLEDGER_DISCOVERY_THUNDERBIRD=false.',
    DNS_SRV: 'Service records of the domain (RFC 6186, RFC 8314). They are not signed, so look at the host before a password goes there.',
    EXCHANGE_AUTODISCOVER:
      'Autodiscover of Microsoft Exchange and of servers like it, over https alone, as far as it answers without a login. It is told the whole address.',
    MX: "Who takes the domain's mail: the settings of that provider, from the catalogue or from Thunderbird's database.",
    GUESS: 'Usual names and ports, tried without any credential, for sending or receiving where no other source tells of it. Always with TLS.',
  },
);

@ObjectType({ description: 'How one source of a discovery ended. That a source fails is a result and no error.' })
export class DiscoverySourceResult {
  @Field(() => DiscoverySource, { description: 'The source that it is about.' })
  readonly source!: Source;

  @Field(() => StageOutcome, {
    description:
      'PASSED: it tells of settings. WARNED: it does, and the message says what to look at. SKIPPED: it knows none for this address, or was not asked. FAILED: it could not be asked, or its answer could not be used.',
  })
  readonly outcome!: Outcome;

  @Field(() => String, { nullable: true, description: 'What was found, or why nothing was, in a sentence or two for a person.' })
  readonly message!: string | null;

  @Field(() => Int, { description: 'How long it took, in milliseconds. A source has 5,000.' })
  readonly durationMilliseconds!: number;
}
