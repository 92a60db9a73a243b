// A deliberate fault, to show that a comparison notices one.

const GATE = 'adapters.0.twoWay.imageFromText.gate';

/** The values of a parameter; the gate of the first adapter has `amount` added. */
export const perturbed = (name: string, values: Float32Array, amount: number): Float32Array =>
  name === GATE && amount !== 0 ? values.map((value) => value + amount) : values;
