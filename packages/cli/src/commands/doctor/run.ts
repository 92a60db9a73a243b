// medclipseg doctor: what of this machine the program can use.
import { DEVICES, selectDevice } from 'medclipseg';
import { VERSION } from '../../command.ts';

export async function doctor({ json }: { readonly json?: boolean }): Promise<void> {
  const backends: { name: string; works: boolean; reason: string }[] = [];
  for (const name of DEVICES)
    try {
      await selectDevice(name);
      backends.push({ name, works: true, reason: '' });
    } catch (error) {
      backends.push({ name, works: false, reason: error instanceof Error ? error.message : String(error) });
    }
  // Not the first that works: a software adapter works by its name only.
  const { name: auto } = await selectDevice('auto');
  if (json) {
    process.stdout.write(`${JSON.stringify({ version: VERSION, node: process.version, auto, backends })}\n`);
    return;
  }
  const lines = backends.map(({ name, works, reason }) =>
    `${works ? 'works  ' : 'missing'}  ${name.padEnd(9)} ${reason}`.trimEnd(),
  );
  process.stdout.write(`medclipseg ${VERSION}, Node ${process.version}\n${lines.join('\n')}\nauto takes ${auto}\n`);
}
