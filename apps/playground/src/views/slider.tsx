// A labeled slider that shows its value.
import { useId } from 'preact/hooks';

interface Props {
  readonly label: string;
  readonly value: number;
  readonly min: number;
  readonly max: number;
  readonly step: number;
  readonly shown: string;
  readonly hint?: string;
  readonly onInput: (value: number) => void;
}

export function Slider({ label, value, min, max, step, shown, hint, onInput }: Props) {
  const id = useId();
  return (
    <div class="slider" title={hint}>
      <div class="row">
        <label for={id}>{label}</label>
        <span>{shown}</span>
      </div>
      <input
        id={id}
        type="range"
        {...{ min, max, step, value }}
        aria-valuetext={shown}
        onInput={(event) => onInput(event.currentTarget.valueAsNumber)}
      />
    </div>
  );
}
