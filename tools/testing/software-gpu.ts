// The Vulkan driver in software (SwiftShader) that Debian's chromium package brings, for WebGPU without a GPU.
import { existsSync } from 'node:fs';

const SWIFTSHADER = '/usr/lib/chromium/vk_swiftshader_icd.json';

/** Makes the driver known to Dawn, unless the caller chose one. False where there is none. */
export function findSoftwareGpu(): boolean {
  if (process.env.VK_ICD_FILENAMES) return existsSync(process.env.VK_ICD_FILENAMES);
  if (!existsSync(SWIFTSHADER)) return false;
  process.env.VK_ICD_FILENAMES = SWIFTSHADER;
  return true;
}
