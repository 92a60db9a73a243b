// Lets the built page work without a connection.

/** The development server has no list of files to keep. */
export function keepForOffline(): void {
  if (import.meta.env.DEV || !('serviceWorker' in navigator)) return;
  // Private windows refuse; the page works the same while there is a connection.
  void navigator.serviceWorker.register(new URL('./service-worker.js', document.baseURI)).catch(() => undefined);
}
