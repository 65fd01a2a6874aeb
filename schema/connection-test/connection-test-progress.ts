import { Field, ObjectType, Resolver, Root, Subscription } from 'type-graphql';
import type { TestProgress } from '../../src/commands/connection-tests.js';
import { Input } from '../change.js';
import type { RequestContext } from '../request-context.js';
import { untilReturned } from '../subscription/until-returned.js';
import { ConnectionTestStage } from './connection-test-stage.js';
import { ConnectionTest } from './connection-test.js';
import { testConnectionForm, TestConnectionInput } from './test-connection.js';

@ObjectType({ description: 'How a running connection test is getting on: the steps as they end, then the whole test once.' })
export class ConnectionTestProgress {
  @Field(() => ConnectionTestStage, { nullable: true, description: 'A step that has ended; null beside the whole test.' })
  readonly stage!: ConnectionTestStage | null;

  @Field(() => ConnectionTest, { nullable: true, description: 'The whole test, as the last message; null before.' })
  readonly test!: ConnectionTest | null;
}

@Resolver()
export class ConnectionTestProgressSubscription {
  @Subscription(() => ConnectionTestProgress, {
    description:
      'Tests connections as `testConnection` does, and tells of each step as it ends. Ending the subscription stops the test. ' +
      'What is wrong with the input is an error BAD_USER_INPUT with `extensions.problems`, a list of code, message and field as in UserError.',
    subscribe: ({ args, context }: { args: { input: TestConnectionInput }; context: RequestContext }) =>
      untilReturned(context.signal, (signal) => context.connectionTests.progress(context.call, testConnectionForm(args.input), signal)),
  })
  connectionTestProgress(@Root() progress: TestProgress, @Input(() => TestConnectionInput) _input: TestConnectionInput): ConnectionTestProgress {
    return 'test' in progress ? { stage: null, test: new ConnectionTest(progress.test) } : { stage: progress.stage, test: null };
  }
}
