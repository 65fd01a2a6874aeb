import { env, exit, pid, stderr, stdout } from 'node:process';
import { readConfig } from '../config.js';
import { startService, type RunningService } from './start-service.js';
import { toldToOperators } from './told-to-operators.js';

/** How long running requests get to end once the service is told to stop. */
const graceMilliseconds = 10_000;

/** Runs the service until SIGTERM or SIGINT; a second signal ends it at once. SIGHUP builds the views anew while the old ones serve. */
export async function serve(): Promise<void> {
  const service = await started();
  if (service === null) return exit(1);

  let stopping = false;
  const stop = (signal: NodeJS.Signals) => {
    if (stopping) return end(service, 1);
    stopping = true;
    service.log.info({ signal }, 'stopping');
    void service.stop(graceMilliseconds).then(
      () => end(service, 0),
      (error: unknown) => {
        service.log.fatal({ err: error }, 'the service did not stop cleanly');
        end(service, 1);
      },
    );
  };
  process.on('SIGTERM', stop).on('SIGINT', stop);
  process.on('SIGHUP', () => void service.rebuildViews());
  // Last, so that whoever waits for it can stop the service from then on.
  stdout.write(greeting(service));
}

/** An exit waits for every thread, and for ever for one that a dead disk holds. All that is ours is closed by then. */
function end(service: RunningService, code: number): void {
  if (service.isHeld()) process.kill(pid, 'SIGKILL');
  exit(code);
}

async function started(): Promise<RunningService | null> {
  try {
    return await startService(readConfig(env));
  } catch (error) {
    const told = toldToOperators(error);
    if (told === null) throw error;
    stderr.write(`Postledger does not start.\n${told}\n`);
    return null;
  }
}

function greeting({ url, ideUrl, bootstrapToken, warnings, config }: RunningService): string {
  const lines = [
    '',
    `  Postledger listens (process ${pid})`,
    '',
    `  GraphQL   ${url}`,
    ...(ideUrl === null ? [] : [`  IDE       ${ideUrl}   (open it in a browser)`]),
    `  Data      ${config.dataDirectory}`,
    ...(bootstrapToken === null
      ? []
      : [
          '',
          '  Admin token, shown this once and valid for 24 hours (it is in the file bootstrap-token of the data directory as well):',
          '',
          `  ${bootstrapToken}`,
        ]),
    ...warnings.flatMap((warning) => ['', `  ! ${warning}`]),
    '',
  ];
  return `${lines.join('\n')}\n`;
}
