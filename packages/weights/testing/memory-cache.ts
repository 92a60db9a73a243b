// The part of the Cache API that the hub uses: a put stores a whole body or nothing.
export function memoryCaches(): CacheStorage {
  const stored = new Map<string, Blob>();
  const cache = {
    async match(key: string) {
      const blob = stored.get(key);
      return blob && new Response(blob);
    },
    async put(key: string, response: Response) {
      // Browsers replace the error of a failed body by their own.
      const blob = await response.blob().catch(() => Promise.reject(new TypeError('Failed to fetch')));
      stored.set(key, blob);
    },
    keys: async () => [...stored.keys()].map((url) => ({ url })),
    delete: async (key: string) => stored.delete(key),
  };
  return { open: async () => cache } as unknown as CacheStorage;
}
