// A Slurm of one node for tests, from Debian's packages: it needs root, but neither systemd nor munge.
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';

export interface Slurm {
  /** For its commands, such as `sbatch`. */
  readonly environment: Record<string, string>;
  /** Runs a command and returns its output. */
  run(command: string, ...args: readonly string[]): string;
  stop(): Promise<void>;
}

const [CONTROLLER, NODE] = [16817, 16818];

function configuration(folder: string, host: string): string {
  return `
ClusterName=medclipseg
SlurmctldHost=${host}(127.0.0.1)
SlurmctldPort=${CONTROLLER}
SlurmdPort=${NODE}
AuthType=auth/none
CredType=cred/none
SlurmUser=root
SlurmdUser=root
StateSaveLocation=${folder}/state
SlurmdSpoolDir=${folder}/spool
SlurmctldPidFile=${folder}/slurmctld.pid
SlurmdPidFile=${folder}/slurmd.pid
SlurmctldLogFile=${folder}/slurmctld.log
SlurmdLogFile=${folder}/slurmd.log
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
MpiDefault=none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core
JobAcctGatherType=jobacct_gather/none
SchedulerParameters=batch_sched_delay=0,sched_interval=1
ReturnToService=2
NodeName=${host} NodeAddr=127.0.0.1 CPUs=2 RealMemory=1000 State=UNKNOWN
PartitionName=main Nodes=${host} Default=YES MaxTime=INFINITE State=UP
`;
}

/** Starts it and waits until its node takes jobs. @throws if Slurm is not installed or does not start, with its logs */
export async function startSlurm(): Promise<Slurm> {
  const folder = mkdtempSync(join(tmpdir(), 'slurm-'));
  const host = hostname().split('.')[0] as string;
  for (const name of ['state', 'spool']) mkdirSync(join(folder, name));
  const path = join(folder, 'slurm.conf');
  writeFileSync(path, configuration(folder, host));
  const environment = { ...(process.env as Record<string, string>), SLURM_CONF: path };
  const run = (command: string, ...args: readonly string[]) =>
    execFileSync(command, [...args], { env: environment, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
  const isRunning = (pid: number) => {
    try {
      return process.kill(pid, 0);
    } catch {
      return false;
    }
  };
  const stop = async () => {
    const pids = ['slurmd', 'slurmctld'].flatMap((name) => {
      const file = join(folder, `${name}.pid`);
      return existsSync(file) ? [Number(readFileSync(file, 'utf8'))] : [];
    });
    for (const pid of pids.filter(isRunning)) process.kill(pid, 'SIGTERM');
    for (let i = 0; i < 240 && pids.some(isRunning); i++) await wait(250);
    rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
  };
  try {
    run('slurmctld', '-c', '-f', path);
    run('slurmd', '-N', host, '-f', path);
    const state = () => {
      try {
        return run('sinfo', '--noheader', '--format=%t').trim();
      } catch {
        return undefined; // The controller does not listen yet.
      }
    };
    for (let i = 0; i < 240; i++) {
      if (state() === 'idle') return { environment, run, stop };
      await wait(500);
    }
    throw new Error(`slurm: expected an idle node, got ${run('sinfo')}`);
  } catch (error) {
    const logs = ['slurmctld.log', 'slurmd.log'].map((name) => {
      try {
        return readFileSync(join(folder, name), 'utf8').slice(-2000);
      } catch {
        return '';
      }
    });
    await stop();
    throw new Error(`slurm: expected it to start, got ${error}\n${logs.join('\n')}`);
  }
}
