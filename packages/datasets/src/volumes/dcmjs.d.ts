// The parts that we use of dcmjs, which has no types of its own.
declare module 'dcmjs' {
  type Naturalized = Record<string, unknown>;
  const dcmjs: {
    readonly data: {
      readonly DicomMessage: {
        readFile(
          buffer: ArrayBuffer,
          options?: { readonly ignoreErrors?: boolean; readonly untilTag?: string | null; readonly noCopy?: boolean },
        ): { readonly dict: Record<string, unknown> };
      };
      readonly DicomMetaDictionary: { naturalizeDataset(dict: Record<string, unknown>): Naturalized };
      readonly Colors: { rgb2DICOMLAB(rgb: readonly number[]): number[] };
      datasetToDict(dataset: Naturalized): { write(): ArrayBuffer };
    };
    readonly log: { setLevel(level: string): void };
  };
  export default dcmjs;
}
