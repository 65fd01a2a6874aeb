import { Kind, type ASTVisitor, type SelectionSetNode, type ValidationContext, type ValidationRule } from 'graphql';
import type { RequestLimits } from '../../config.js';
import { limitExceeded, type LimitName } from './limit-exceeded.js';

interface Measure {
  readonly depth: number;
  readonly aliases: number;
  readonly rootFields: number;
  readonly selections: number;
}

const nothing: Measure = { depth: 0, aliases: 0, rootFields: 0, selections: 0 };

/** With fragments written out: above it, to measure and to run a document costs more than any honest one needs. */
const maximumSelections = 10_000;

/**
 * Refuses operations that are too deep, or have too many aliases or root fields, with their fragments written out. Introspection may be deeper; graphql-js has a limit of its
 * own for it. Each fragment is measured once, so a document that multiplies itself through fragments costs no more than its length.
 */
export function documentLimits(limits: Pick<RequestLimits, 'depth' | 'aliases' | 'rootFields'>): ValidationRule {
  const allowed: Readonly<Record<keyof Measure, number>> = { ...limits, selections: maximumSelections };
  const names: readonly (keyof Measure & LimitName)[] = ['depth', 'aliases', 'rootFields', 'selections'];
  return (context): ASTVisitor => {
    const fragments = new Map<string, Measure>();
    return {
      OperationDefinition(operation) {
        const measure = measureOf(operation.selectionSet, context, fragments);
        const exceeded = names.find((name) => measure[name] > allowed[name]);
        if (exceeded !== undefined) context.reportError(limitExceeded(exceeded, measure[exceeded], allowed[exceeded]));
        return false;
      },
    };
  };
}

function measureOf(set: SelectionSetNode, context: ValidationContext, fragments: Map<string, Measure>): Measure {
  return set.selections
    .map((selection): Measure => {
      switch (selection.kind) {
        case Kind.FIELD: {
          const inner = selection.selectionSet ? measureOf(selection.selectionSet, context, fragments) : nothing;
          return {
            depth: selection.name.value.startsWith('__') ? 1 : 1 + inner.depth,
            aliases: (selection.alias ? 1 : 0) + inner.aliases,
            rootFields: 1,
            selections: 1 + inner.selections,
          };
        }
        case Kind.INLINE_FRAGMENT:
          return measureOf(selection.selectionSet, context, fragments);
        case Kind.FRAGMENT_SPREAD:
          return measureOfFragment(selection.name.value, context, fragments);
      }
    })
    .reduce(together, nothing);
}

function measureOfFragment(name: string, context: ValidationContext, fragments: Map<string, Measure>): Measure {
  const known = fragments.get(name);
  if (known) return known;
  const fragment = context.getFragment(name);
  if (!fragment) return nothing;
  // What spreads itself ends here; another rule refuses it.
  fragments.set(name, nothing);
  const measure = measureOf(fragment.selectionSet, context, fragments);
  fragments.set(name, measure);
  return measure;
}

function together(one: Measure, other: Measure): Measure {
  return {
    depth: Math.max(one.depth, other.depth),
    aliases: one.aliases + other.aliases,
    rootFields: one.rootFields + other.rootFields,
    selections: one.selections + other.selections,
  };
}
