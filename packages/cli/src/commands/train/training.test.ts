// Training and prediction from the command line, on a small drawn dataset: interruption, repetition, faults.
import { readdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { writePhantoms } from '@medclipseg/datasets/node';
import { openTensorFile } from '@medclipseg/weights/node';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { run, smallTraining } from './small-training.ts';

let small: Awaited<ReturnType<typeof smallTraining>>;
let folder = '';
let data = '';
let trainInto: typeof small.trainInto;
beforeAll(async () => {
  small = await smallTraining();
  ({ folder, data, trainInto } = small);
});
afterAll(() => small.remove());

describe('train', () => {
  it('interrupted and resumed, ends with the very same checkpoint; predict repeats its bytes', async () => {
    const [whole, parts] = [join(folder, 'whole'), join(folder, 'parts')];
    // More epochs than a busy machine could do before the signal arrives.
    const into = (out: string, ...more: string[]) => trainInto(out, '--set', 'TRAIN.NUM_EPOCHS=6', ...more);
    const uninterrupted = await run(into(whole));
    expect(uninterrupted.code, uninterrupted.err).toBe(0);

    let sent = false;
    const interrupted = await run(into(parts), {
      onNotice: (text, stop) => {
        if (sent || !text.includes('epoch 1/6')) return;
        sent = true;
        stop('SIGINT');
      },
    });
    expect(interrupted.code).toBe(130);
    const after = interrupted.err
      .slice(interrupted.err.indexOf('epoch 1/6'))
      .trim()
      .split(/\s*\n\s*/)
      .filter((line) => !line.startsWith('epoch'));
    expect(after).toEqual([expect.stringMatching(/^stopping\b.*press Ctrl-C again/)]);
    const again = await run(into(parts));
    expect(again.code).toBe(2);
    expect(again.err).toContain('--resume');
    expect((await run(into(parts, '--resume'))).code).toBe(0);
    const [one, other] = await Promise.all([whole, parts].map((out) => readFile(join(out, 'latest.safetensors'))));
    expect(Buffer.compare(one as Buffer, other as Buffer)).toBe(0);

    const images = join(data, 'Test_Folder', 'img');
    const image = join(images, (await readdir(images)).sort()[0] as string);
    const predict = (out: string) =>
      run([
        'predict',
        image,
        '--prompt',
        'one polyp',
        '--model',
        whole,
        '--out',
        out,
        '--samples',
        '4',
        '--backend',
        'wasm',
      ]);
    for (const out of ['a', 'b']) expect((await predict(join(folder, out))).code).toBe(0);
    const names = (await readdir(join(folder, 'a'))).filter((name) => name.endsWith('.png'));
    expect(names).toHaveLength(5);
    for (const name of names)
      expect(await readFile(join(folder, 'a', name))).toEqual(await readFile(join(folder, 'b', name)));

    const long = await run([
      'predict',
      image,
      '--prompt',
      'polyp '.repeat(40),
      '--model',
      whole,
      '--out',
      join(folder, 'c'),
    ]);
    expect(long.code).toBe(1);
    expect(long.err).toMatch(/expected at most 32 tokens, got 42. Shorten it/);
    await expect(readdir(join(folder, 'c'))).rejects.toThrow('ENOENT');
  });

  it('on onnx, interrupted and killed, resumes and ends with the very same checkpoint', async () => {
    const [whole, parts] = [join(folder, 'onnx-whole'), join(folder, 'onnx-parts')];
    const into = (out: string, ...more: string[]) => [
      ...trainInto(out, '--backend', 'onnx', '--threads', '1', '--set', 'TRAIN.CHECKPOINT_STEPS=1'),
      ...['--set', 'TRAIN.NUM_EPOCHS=6', ...more],
    ];
    const uninterrupted = await run(into(whole));
    expect(uninterrupted.code, uninterrupted.err).toBe(0);
    expect(uninterrupted.err).toContain('backend: onnx');
    for (const [signal, when] of [
      ['SIGINT', 'epoch 1/6'],
      ['SIGKILL', 'epoch 2/6'],
    ] as const) {
      let sent = false;
      const stopped = await run(into(parts, ...(signal === 'SIGINT' ? [] : ['--resume'])), {
        onNotice: (text, stop) => {
          if (sent || !text.includes(when)) return;
          sent = true;
          stop(signal);
        },
      });
      expect(stopped.code, stopped.err).toBe(signal === 'SIGINT' ? 130 : null);
    }
    const resumed = await run(into(parts, '--resume'));
    expect(resumed.code, resumed.err).toBe(0);
    const [one, other] = await Promise.all([whole, parts].map((out) => readFile(join(out, 'latest.safetensors'))));
    expect(Buffer.compare(one as Buffer, other as Buffer)).toBe(0);
  });

  it('on frozen encoders stores only what learns, and resumes bit for bit', async () => {
    const [encoders, frozen] = [join(folder, 'encoders'), join(folder, 'frozen.yaml')];
    expect((await run(trainInto(encoders, '--set', 'TRAIN.NUM_EPOCHS=1'))).code).toBe(0);
    await writeFile(
      frozen,
      `NAME: x\nMODEL: { ENCODERS: ${encoders}, ADAPTER_DIM: 8, LAYERS: [1] }\nTRAIN: { BATCH_SIZE: 4, NUM_EPOCHS: 2 }`,
    );
    const into = (name: string, ...more: string[]) => [...trainInto(join(folder, name)), '--config', frozen, ...more];
    const beyond = await run(into('beyond', '--set', 'MODEL.LAYERS=[2]'));
    expect([beyond.code, beyond.err]).toEqual([2, expect.stringMatching(/MODEL.LAYERS: expected blocks 0 to 1 of/)]);

    const [steady, whole] = [
      await run(into('steady')),
      await run(into('entire', '--set', 'TRAIN.WHOLE_CHECKPOINTS=true')),
    ];
    expect([steady.code, whole.code], steady.err + whole.err).toEqual([0, 0]);
    let sent = false;
    await run(into('broken'), {
      onNotice: (text, stop) => {
        if (sent || !text.includes('epoch 1/2')) return;
        sent = true;
        stop('SIGINT');
      },
    });
    expect((await run(into('broken', '--resume'))).code).toBe(0);
    const latest = (name: string) => join(folder, name, 'latest.safetensors');
    const [one, other] = await Promise.all(['steady', 'broken'].map((name) => readFile(latest(name))));
    expect(Buffer.compare(one as Buffer, other as Buffer)).toBe(0);
    const encodersIn = async (name: string) => {
      const file = await openTensorFile(latest(name));
      await file.close();
      return [...file.tensors.keys()].filter((key) => /^model\.(vision|text)\./.test(key)).length;
    };
    expect(await encodersIn('steady')).toBe(0);
    expect(await encodersIn('entire')).toBeGreaterThan(10);

    const images = join(data, 'Test_Folder', 'img');
    const image = join(images, (await readdir(images))[0] as string);
    const predict = async (name: string, ...more: string[]) => {
      const maps = ['--samples', '2', '--out', join(folder, 'maps'), '--json'];
      const { code, out, err } = await run([
        ...['predict', image, '--prompt', 'one polyp', '--model', join(folder, name), '--backend', 'wasm'],
        ...maps,
        ...more,
      ]);
      return code === 0 ? JSON.parse(out).meanUncertainty : err;
    };
    const uncertainty = await predict('steady');
    expect(await predict('entire')).toBe(uncertainty);
    const single = join(folder, 'one.safetensors');
    const convert = await run(['weights', 'convert', latest('steady'), single, '--whole', '--dtype', 'F16']);
    expect(convert.code, convert.err).toBe(0);
    expect(await predict('one.safetensors')).toBeCloseTo(uncertainty, 2);
    const elsewhere = join(folder, 'elsewhere');
    await rename(encoders, elsewhere);
    expect(await predict('steady')).toMatch(
      /expected the encoders it was trained on, .*Name their file with .*--encoders/,
    );
    expect(await predict('steady', '--encoders', elsewhere)).toBe(uncertainty);
    expect(await predict('steady', '--encoders', join(folder, 'entire'))).toBe(uncertainty);
  });

  it('an empty sheet is named, and nothing is written', async () => {
    const bare = join(folder, 'bare');
    const shares = { train: 0, val: 0.5, test: 0.5 };
    await writePhantoms(bare, { modality: 'endoscopy', count: 2, seed: 1, size: 32, shares });
    const out = join(folder, 'nothing');
    const { code, err } = await run([...trainInto(out), '--data', bare]);
    expect(code).toBe(1);
    expect(err).toMatch(/Train_text.xlsx: expected rows, got an empty sheet/);
    await expect(readdir(out)).rejects.toThrow('ENOENT');
  });

  it('a loss that is no number ends the training with the last checkpoint intact', async () => {
    const out = join(folder, 'diverging');
    const steep = await run(trainInto(out, '--set', 'TRAIN.LEARNING_RATE=1e38'));
    expect(steep.code).toBe(1);
    expect(steep.err).toMatch(/training, epoch 1, step \d+: expected a finite loss, got NaN on /);
    // What there was before the first step.
    expect((await readdir(out)).filter((name) => name.endsWith('.safetensors'))).toEqual(['latest.safetensors']);
    const gentle = await run([...trainInto(out, '--resume', '--set', 'TRAIN.NUM_EPOCHS=1')]);
    expect(gentle.code, gentle.err).toBe(0);
  });

  it('stopped before its first validation claims no validation Dice', async () => {
    let sent = false;
    const { code, err } = await run(trainInto(join(folder, 'early'), '--set', 'TRAIN.NUM_EPOCHS=50'), {
      onNotice: (text, stop) => {
        if (sent || !text.includes('images to learn from')) return;
        sent = true;
        stop('SIGINT');
      },
    });
    expect(code, err).toBe(130);
    expect(err).not.toMatch(/validation Dice|Error|^ {4}at /m);
    expect(
      err
        .trim()
        .split(/\s*\n\s*/)
        .at(-1),
    ).toMatch(/^stopping\b/);
  });

  it('refuses a folder that another process trains into', async () => {
    const out = join(folder, 'twice');
    let second: ReturnType<typeof run> | undefined;
    const first = await run(trainInto(out, '--set', 'TRAIN.NUM_EPOCHS=1000'), {
      onNotice: (text, stop) => {
        if (second || !text.includes('images to learn from')) return;
        second = run(trainInto(out, '--resume'));
        void second.then(() => stop('SIGKILL'));
      },
    });
    expect(first.code).toBeNull();
    const refused = await (second as ReturnType<typeof run>);
    expect(refused.code).toBe(1);
    expect(refused.err).toMatch(
      /twice: expected no other training in this folder, got process \d+ on .*\. Wait for it/,
    );
    expect(await readdir(out)).toContain('training.lock');
    const resumed = await run(trainInto(out, '--resume', '--set', 'TRAIN.NUM_EPOCHS=1'));
    expect(resumed.code, resumed.err).toBe(0);
    expect(await readdir(out)).not.toContain('training.lock');
  });

  it('uses a part of the data, by flag or settings', async () => {
    const [flag, settings] = [join(folder, 'flag'), join(folder, 'settings')];
    const one = await run(trainInto(flag, '--data-percentage', '25', '--set', 'TRAIN.NUM_EPOCHS=1'));
    expect(one.code, one.err).toBe(0);
    // A quarter of 32.
    expect(one.err).toContain(' 8 images to learn from');
    const other = await run(trainInto(settings, '--set', 'TRAIN.DATA_PERCENTAGE=25', '--set', 'TRAIN.NUM_EPOCHS=1'));
    expect(other.code, other.err).toBe(0);
    const [a, b] = await Promise.all([flag, settings].map((out) => readFile(join(out, 'latest.safetensors'))));
    expect(Buffer.compare(a as Buffer, b as Buffer)).toBe(0);
    const seven = await run(trainInto(join(folder, 'seven'), '--data-percentage', '7'));
    expect([seven.code, seven.err]).toEqual([2, expect.stringMatching(/10, 25, 50, 100/)]);
  });

  it('learns from several datasets as one', async () => {
    const more = join(folder, 'more');
    await writePhantoms(more, { modality: 'mri', count: 10, seed: 1, size: 32 });
    const arguments_ = [...trainInto(join(folder, 'several')), '--data', more, '--set', 'TRAIN.NUM_EPOCHS=1'];
    const { code, err } = await run(arguments_);
    expect(code, err).toBe(0);
    // Eight tenths of forty and of ten.
    expect(err).toContain(' 40 images to learn from');
  });

  // Twenty in a long run: MEDCLIPSEG_KILLS=20.
  const kills = Number(process.env.MEDCLIPSEG_KILLS ?? 2);
  it(`killed at ${kills} random moments, resumes each time and ends with the same weights`, async () => {
    const more = ['--set', `TRAIN.NUM_EPOCHS=${8 + kills}`, '--set', 'TRAIN.CHECKPOINT_STEPS=1'];
    const [whole, killed] = [join(folder, 'unharmed'), join(folder, 'killed')];
    expect((await run(trainInto(whole, ...more))).code).toBe(0);
    const latest = (out: string) => readFile(join(out, 'latest.safetensors'));
    let started = false;
    for (let i = 0; i < kills; i++) {
      const delay = Math.random() * 100;
      let timer: NodeJS.Timeout | undefined;
      const resume = started ? ['--resume'] : [];
      const ended = await run(trainInto(killed, ...more, ...resume), {
        onNotice: (text, stop) => {
          // The count of the parameters is the last thing that is said before the training.
          if (text.includes('images to learn from')) timer ??= setTimeout(() => stop('SIGKILL'), delay);
        },
      });
      clearTimeout(timer);
      expect(ended.code, 'the process was killed, not done').toBeNull();
      const there = await latest(killed).then(
        () => true,
        () => false,
      );
      // Killed before its first checkpoint, a training starts over; a checkpoint that was there stays.
      expect(there || !started, `no checkpoint after kill ${i + 1} at ${delay} ms: ${ended.err}`).toBe(true);
      started = there;
    }
    expect((await run(trainInto(killed, ...more, ...(started ? ['--resume'] : [])))).code).toBe(0);
    expect(Buffer.compare(await latest(killed), await latest(whole))).toBe(0);
  });
});
