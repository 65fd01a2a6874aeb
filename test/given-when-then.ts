import { expect } from 'vitest';
import { CommandRefused, type Decider, type ProblemCode } from '../src/domain/decider.js';

/** `given(...events).when(command).then(...events)`, `.thenNothing()` or `.thenRefused(code, ...field)`. */
export const specification =
  <State, Command, Event>(decider: Decider<State, Command, Event>) =>
  (...history: Event[]) => ({
    when(command: Command) {
      const attempt = () => decider.decide(history.reduce(decider.evolve, decider.initialState), command);
      return {
        then: (...expected: Event[]) => expect(attempt()).toEqual(expected),
        /** The events' own assertions, for what is easier to say than to list. */
        thenSatisfies: (check: (events: readonly Event[]) => void) => check(attempt()),
        thenNothing: () => expect(attempt()).toEqual([]),
        /** Among the problems is one of this code at this place. */
        thenRefused(code: ProblemCode, ...field: string[]) {
          let accepted: readonly Event[];
          try {
            accepted = attempt();
          } catch (error) {
            if (!(error instanceof CommandRefused)) throw error;
            expect(error.problems).toContainEqual(expect.objectContaining({ code, ...(field.length > 0 && { field }) }));
            for (const problem of error.problems) expect(problem.message).toMatch(/[.!?]$/);
            return;
          }
          expect.fail(`accepted: ${JSON.stringify(accepted)}`);
        },
      };
    },
  });
