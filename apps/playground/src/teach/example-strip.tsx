// The training images in a row.
import { useLayoutEffect, useRef } from 'preact/hooks';
import { Bitmap, Icon, keepFocus } from '../views/controls.tsx';
import { type Entry, entries, problemIn, removeEntry, select, selected } from './entries.ts';
import { preventsTraining } from './examples.ts';
import { TEACH } from './strings.ts';
import { idle } from './training.ts';

const score = (dice: number): string => dice.toFixed(2);

function Score({ entry: { before, now } }: { readonly entry: Entry }) {
  if (!before.value) return null;
  const after = now.value?.dice ?? before.value.dice;
  const better = after - before.value.dice;
  return (
    <span class={`score${better > 0.005 ? ' better' : better < -0.005 ? ' worse' : ''}`} title={TEACH.scoreHint}>
      {now.value ? TEACH.score(score(before.value.dice), score(after)) : score(before.value.dice)}
    </span>
  );
}

function Item({ entry, place }: { readonly entry: Entry; readonly place: number }) {
  const problem = problemIn(entry);
  return (
    <li>
      <button
        type="button"
        class="example"
        aria-current={entry === selected.value}
        aria-label={TEACH.example(place, entry.name) + (problem ? `. ${TEACH.problems[problem]}` : '')}
        title={problem ? TEACH.problems[problem] : entry.name}
        onClick={() => select(entry)}
      >
        <Bitmap bitmap={entry.bitmap} />
        {preventsTraining(problem) && <span class="mark">!</span>}
        <Score entry={entry} />
      </button>
      <button
        type="button"
        class="plain remove"
        aria-label={TEACH.remove(entry.name)}
        disabled={!idle.value}
        onClick={() => removeEntry(entry)}
      >
        <Icon name="close" />
      </button>
    </li>
  );
}

export function ExampleStrip() {
  const list = useRef<HTMLUListElement>(null);
  useLayoutEffect(
    () => keepFocus(list.current?.querySelector<HTMLElement>('[aria-current=true]')),
    [entries.value.length],
  );
  return (
    <ul class="examples" ref={list}>
      {entries.value.map((entry, i) => (
        <Item key={entry.id} entry={entry} place={i + 1} />
      ))}
    </ul>
  );
}
