import type { Views } from '../../projections/views.js';

const everyHour = 3_600_000; // milliseconds

/** Builds the views anew that may hold copies of what was erased in unused parts of their files, now and then hourly, while the present ones serve. A fault is told to `onFault`, and the next round tries again. */
export function keepViewsScrubbed(
  views: Pick<Views, 'withLeftovers' | 'rebuild'>,
  onFault: (error: unknown) => void,
): { readonly firstRound: Promise<void>; stop(): void } {
  let isStopped = false;
  let running: Promise<void> = Promise.resolve();
  const round = async () => {
    try {
      for (const name of views.withLeftovers()) if (!isStopped) await views.rebuild(name);
    } catch (error) {
      // A stop breaks a build off.
      if (!isStopped) onFault(error);
    }
  };
  const next = () => (running = running.then(round));
  const firstRound = next();
  const timer = setInterval(() => void next(), everyHour);
  timer.unref();
  return {
    firstRound,
    stop() {
      isStopped = true;
      clearInterval(timer);
    },
  };
}
