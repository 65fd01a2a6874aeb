import { CommandRefused, type Problem } from '../domain/decider.js';

/**
 * A refusal over a section of an account, told of an input that names the account: below `draft` where the input drafts that section, else it is the account
 * that has to be mended.
 */
export function placedInInput(
  { problems: [first, ...rest] }: CommandRefused,
  drafted: { readonly sender?: boolean; readonly receiver?: boolean } = {},
): CommandRefused {
  const placed = (problem: Problem): Problem => {
    const [section] = problem.field ?? [];
    if (section !== 'sender' && section !== 'receiver') return problem;
    return { ...problem, field: drafted[section] ? ['draft', ...(problem.field ?? [])] : ['accountId'] };
  };
  return new CommandRefused([placed(first), ...rest.map(placed)]);
}
