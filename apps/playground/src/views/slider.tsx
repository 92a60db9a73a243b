// A labelled slider that shows its value.
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

export const Slider = ({ label, value, min, max, step, shown, hint, onInput }: Props) => (
  <label class="slider" title={hint}>
    <span class="row">
      <span>{label}</span>
      <output>{shown}</output>
    </span>
    <input
      type="range"
      // The output in the label would take the label for itself.
      aria-label={label}
      {...{ min, max, step, value }}
      aria-valuetext={shown}
      onInput={(event) => onInput(event.currentTarget.valueAsNumber)}
    />
  </label>
);
