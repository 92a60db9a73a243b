// Dawn's questions to a device in software, spread out.

const PAUSE_MS = 1;

const isNative = (callback: unknown): boolean =>
  typeof callback === 'function' && Function.prototype.toString.call(callback).includes('[native code]');

/**
 * In Node, Dawn asks by `setImmediate`, again and again without a pause, whether the device is done. A device in software computes on the very
 * processor that the questions take. From here on they come a millisecond apart; what is not native code stays as it was.
 *
 * @returns puts `setImmediate` back
 */
export function pollPatiently(): () => void {
  const { setImmediate: impatient } = globalThis;
  const patient = new Proxy(impatient, {
    apply: (target, self, [callback, ...values]) =>
      isNative(callback)
        ? setTimeout(callback, PAUSE_MS, ...values)
        : Reflect.apply(target, self, [callback, ...values]),
  });
  globalThis.setImmediate = patient;
  return () => {
    // Unless somebody else has put theirs over it.
    if (globalThis.setImmediate === patient) globalThis.setImmediate = impatient;
  };
}
