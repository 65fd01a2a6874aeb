import { defaultFieldResolver, type GraphQLField, type GraphQLObjectType, type GraphQLSchema } from 'graphql';
import { isAllowed, policy } from '../../src/domain/access/policy.js';
import { roles } from '../../src/domain/access/role.js';
import { CommandRefused } from '../../src/domain/decider.js';
import type { Attempt } from '../../src/domain/security-log/events.js';
import type { RequestContext } from '../request-context.js';
import { aimedAt } from './aimed-at.js';
import { forbidden, inWords, notFreshInTime, refusedInput } from '../top-level-error.js';

type Arguments = Readonly<Record<string, unknown>>;
type Field = GraphQLField<unknown, RequestContext>;

/**
 * Puts the policy in front of every root field and of every other field that it names, and the wait for the request's consistency token in front of whatever reads.
 * @throws {Error} a root field has no line in the policy: nothing is served that nobody decided on.
 */
export function guard(schema: GraphQLSchema): void {
  const root = { Query: schema.getQueryType(), Mutation: schema.getMutationType(), Subscription: schema.getSubscriptionType() };
  for (const [operation, type] of Object.entries(root)) {
    for (const field of fieldsOf(type)) {
      const name = `${operation}.${field.name}`;
      if (!Object.hasOwn(policy, name)) throw new Error(`${name} has no line in the policy (src/domain/access/policy.ts). Say who may use it.`);
      guardField(field, name, { isRoot: true, reads: operation !== 'Mutation' });
    }
  }
  for (const name of Object.keys(policy)) {
    const [typeName = '', fieldName = ''] = name.split('.');
    const type = schema.getType(typeName);
    if (typeName in root || !type || !('getFields' in type)) continue;
    const field = fieldsOf(type as GraphQLObjectType).find((each) => each.name === fieldName);
    if (field) guardField(field, name, { isRoot: false, reads: false });
  }
}

function fieldsOf(type: GraphQLObjectType | null | undefined): readonly Field[] {
  return type ? Object.values(type.getFields()) : [];
}

function guardField(field: Field, name: string, { isRoot, reads }: { readonly isRoot: boolean; readonly reads: boolean }): void {
  field.description = `${field.description ?? ''} ${whoMay(name)}`;
  const { subscribe } = field;
  const resolve = field.resolve ?? defaultFieldResolver;
  if (subscribe) {
    field.subscribe = async (source, args: Arguments, context, info) => {
      await mayUse(name, args, context);
      await fresh(context);
      return faultsAsLastMessage((await subscribe(source, args, context, info)) as AsyncIterable<unknown>);
    };
    field.resolve = (source, args: Arguments, context, info) => (source instanceof Fault ? source.rethrow() : resolve(source, args, context, info));
    return;
  }
  field.resolve = (source, args: Arguments, context, info) => {
    if (!isAllowed(context.call.role, name)) return mayUse(name, isRoot ? args : source, context);
    const waiting = reads ? context.freshness() : null;
    return waiting === null ? resolve(source, args, context, info) : fresh(context).then(() => resolve(source, args, context, info));
  };
}

function whoMay(name: string): string {
  const allowed = policy[name] ?? [];
  return allowed.length === roles.length ? 'Every role may use it.' : `Needs the role ${inWords(allowed)}.`;
}

/**
 * @param said what names the thing that the caller was after: the arguments of a root field, the object that another field stands in.
 * @throws {GraphQLError} FORBIDDEN, once the attempt stands in the audit trail.
 */
async function mayUse(name: string, said: unknown, context: RequestContext): Promise<void> {
  const { role } = context.call;
  if (isAllowed(role, name)) return;
  await recordDenial({ command: name, ...aimedAt(name, said) }, context);
  throw forbidden(role, name, policy[name] ?? []);
}

const recorded = new WeakMap<RequestContext, Map<string, Promise<unknown>>>();

/** Once a request for each root field and thing it was aimed at. A field that is denied on every account of a list is one attempt. */
async function recordDenial(attempt: Attempt, context: RequestContext): Promise<void> {
  const ofRequest = recorded.get(context) ?? new Map<string, Promise<unknown>>();
  recorded.set(context, ofRequest);
  const key = /^(?:Query|Mutation|Subscription)\./.test(attempt.command) ? `${attempt.command} ${attempt.entityId}` : attempt.command;
  const recording = ofRequest.get(key) ?? context.securityLog.accessDenied(context.call, attempt);
  ofRequest.set(key, recording);
  await recording;
}

async function fresh(context: RequestContext): Promise<void> {
  if ((await context.freshness()) === false) throw notFreshInTime();
}

/** What ended a stream, on its way to the subscriber. */
class Fault {
  constructor(readonly error: unknown) {}

  rethrow(): never {
    if (this.error instanceof CommandRefused) throw refusedInput(this.error.problems);
    throw this.error instanceof Error ? this.error : new Error('A stream ended without saying why.', { cause: this.error });
  }
}

/** A stream that fails tells why in a last message with its error and its code, instead of cutting the connection that other operations share. */
function faultsAsLastMessage(stream: AsyncIterable<unknown>): AsyncIterableIterator<unknown> {
  const source = stream[Symbol.asyncIterator]();
  let failed = false;
  return {
    async next() {
      if (failed) return { done: true, value: undefined };
      try {
        return await source.next();
      } catch (error) {
        failed = true;
        return { done: false, value: new Fault(error) };
      }
    },
    async return() {
      await source.return?.();
      return { done: true, value: undefined };
    },
    [Symbol.asyncIterator]() {
      return this;
    },
  };
}
