// Whether Vulkan has a driver here (Linux, Node): the loader's own rules for where manifests lie.

const NAMED = ['VK_DRIVER_FILES', 'VK_ICD_FILENAMES', 'VK_ADD_DRIVER_FILES'];

/** Folders with a manifest (`*.json`) per driver, from the first to the last that is searched. */
function manifestFolders({ HOME, XDG_CONFIG_HOME, XDG_CONFIG_DIRS, XDG_DATA_HOME, XDG_DATA_DIRS }: NodeJS.ProcessEnv) {
  return [
    XDG_CONFIG_HOME || `${HOME}/.config`,
    ...(XDG_CONFIG_DIRS || '/etc/xdg').split(':'),
    '/etc',
    XDG_DATA_HOME || `${HOME}/.local/share`,
    ...(XDG_DATA_DIRS || '/usr/local/share:/usr/share').split(':'),
  ].map((folder) => `${folder}/vulkan/icd.d`);
}

/** True where a driver is named by the environment or has a manifest. Dawn would print warnings of its own before it fails without one. */
export async function hasVulkanDriver(environment: NodeJS.ProcessEnv = process.env): Promise<boolean> {
  if (NAMED.some((name) => environment[name])) return true;
  // By a name that bundlers for the browser do not follow.
  const module = 'node:fs/promises';
  const { readdir } = (await import(/* @vite-ignore */ module)) as typeof import('node:fs/promises');
  for (const folder of manifestFolders(environment)) {
    const names = await readdir(folder).catch(() => []);
    if (names.some((name) => name.endsWith('.json'))) return true;
  }
  return false;
}
