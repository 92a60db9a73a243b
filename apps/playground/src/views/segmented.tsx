// One of a few choices, side by side.
interface Props<Value extends string> {
  readonly label: string;
  readonly values: readonly Value[];
  readonly names: Readonly<Record<Value, string>>;
  readonly value: Value;
  readonly onChange: (value: Value) => void;
  readonly small?: boolean;
}

export const Segmented = <Value extends string>({ label, values, names, value, onChange, small }: Props<Value>) => (
  <fieldset class={small ? 'segmented small' : 'segmented'}>
    <legend class="unseen">{label}</legend>
    {values.map((one) => (
      <label key={one}>
        <input type="radio" name={label} checked={one === value} onChange={() => onChange(one)} />
        <span>{names[one]}</span>
      </label>
    ))}
  </fieldset>
);
