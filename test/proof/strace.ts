import { spawnSync } from 'node:child_process';

/** Whether strace can be run here. Says so when not, and throws then if `POSTLEDGER_REQUIRE_PROOF_TOOLS=1` asks for it. */
export function canTrace(proof: string): boolean {
  if (spawnSync('strace', ['-o', '/dev/null', 'true']).status === 0) return true;
  const reason = `${proof} needs strace, which cannot be run here. Install it (\`apt-get install strace\`) on Linux.`;
  if (process.env['POSTLEDGER_REQUIRE_PROOF_TOOLS'] === '1') throw new Error(reason);
  process.stdout.write(`Skipped: ${reason}\n`);
  return false;
}
