import { Query, Resolver } from 'type-graphql';
import { providers } from '../../src/domain/provider/catalogue.js';
import { emailProvider, EmailProvider } from './email-provider.js';

@Resolver()
export class EmailProviders {
  @Query(() => [EmailProvider], {
    description: 'The whole catalogue of email providers, `custom` among them.',
    complexity: ({ childComplexity }) => providers.length * (1 + childComplexity),
  })
  emailProviders(): readonly EmailProvider[] {
    return providers.map(emailProvider);
  }
}
