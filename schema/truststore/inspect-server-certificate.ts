import { Arg, Ctx, Field, Int, ObjectType, Query, Resolver } from 'type-graphql';
import { CommandRefused } from '../../src/domain/decider.js';
import type { Certificate as CertificateFacts, DiagnosisCode as Diagnosis } from '../../src/domain/email-account/connection-test.js';
import { Certificate, DiagnosisCode } from '../connection-test/connection-test-stage.js';
import { ServerSecurity, type Security } from '../provider/email-provider.js';
import type { RequestContext } from '../request-context.js';
import { refusedInput } from '../top-level-error.js';

@ObjectType({ description: 'What a server shows of itself to whoever connects.' })
export class ServerCertificateInspection {
  @Field(() => Boolean, {
    description: 'Whether an account that names no truststore would connect: a CA that the runtime trusts, the right host name, valid dates.',
  })
  readonly trusted!: boolean;

  @Field(() => String, { nullable: true, description: 'As TLS names it: `TLSv1.3`. Null where it did not come to TLS.' })
  readonly tlsVersion!: string | null;

  @Field(() => [Certificate], {
    description: "The chain as the server sent it, the server's own certificate first. Servers mostly leave out the root. Empty where it did not come to TLS.",
  })
  readonly certificates!: readonly CertificateFacts[];

  @Field(() => DiagnosisCode, { nullable: true, description: 'What would keep an account from connecting that names no truststore; null for nothing.' })
  readonly problem!: Diagnosis | null;

  @Field(() => String, { description: 'What was found and what to do, for people.' })
  readonly message!: string;
}

@Resolver()
export class InspectServerCertificate {
  @Query(() => ServerCertificateInspection, {
    description:
      'Connects to a mail server as far as TLS, shows its certificates and hangs up: no user ID and no password is sent. It goes where connection tests may go, counts as one for the rate limit, and stands in the audit trail. ' +
      'What is wrong with the arguments is an error BAD_USER_INPUT with `extensions.problems`, a list of code, message and field as in UserError.',
  })
  async inspectServerCertificate(
    @Arg('host', () => String, { description: 'Host name, IPv4 or IPv6 address.' }) host: string,
    @Arg('port', () => Int, { description: 'TCP port, 1 to 65535.' }) port: number,
    @Arg('security', () => ServerSecurity, { description: 'How the connection gets to TLS. NONE shows no certificate, and is refused.' }) security: Security,
    @Ctx() { call, serverCertificates, signal }: RequestContext,
  ): Promise<ServerCertificateInspection> {
    try {
      return await serverCertificates.inspect(call, { host, port, security }, signal);
    } catch (error) {
      throw error instanceof CommandRefused ? refusedInput(error.problems) : error;
    }
  }
}
