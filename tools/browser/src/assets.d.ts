// Addresses of files that the bundler serves.
declare module '*.wasm?url' {
  const address: string;
  export default address;
}
