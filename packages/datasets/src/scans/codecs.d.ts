// The parts that we use of the codecs of Cornerstone, which have no types of their own.
interface CornerstoneDecoder {
  /** Memory for that many compressed bytes. */
  getEncodedBuffer(length: number): Uint8Array;
  decode(): void;
  getFrameInfo(): {
    readonly width: number;
    readonly height: number;
    readonly bitsPerSample: number;
    readonly componentCount: number;
    readonly isSigned?: boolean;
  };
  /** The decoded bytes, in the memory of the module. */
  getDecodedBuffer(): Uint8Array | Uint8ClampedArray;
  /** JPEG-LS: 0 if the components come one after another. */
  getInterleaveMode?(): number;
  delete(): void;
}

interface CornerstoneModule {
  readonly J2KDecoder?: new () => CornerstoneDecoder;
  readonly JpegLSDecoder?: new () => CornerstoneDecoder;
}

interface CornerstoneOptions {
  readonly locateFile?: () => string;
  readonly print: (line: string) => void;
  readonly printErr: (line: string) => void;
}

declare module '@cornerstonejs/codec-openjpeg/decodewasmjs' {
  export default function create(options: CornerstoneOptions): Promise<CornerstoneModule>;
}

declare module '@cornerstonejs/codec-charls/decodewasmjs' {
  export default function create(options: CornerstoneOptions): Promise<CornerstoneModule>;
}
