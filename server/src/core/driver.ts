/** The database driver, repaired (repairDriver.ts says of what). Everything of ours that connects takes it from here. */
import { registerHooks } from 'node:module';
import { REPAIRED, repaired } from './repairDriver.ts';

const hooks = registerHooks({
  load(url, context, nextLoad) {
    const loaded = nextLoad(url, context);
    return REPAIRED.test(url) ? { ...loaded, source: repaired(url, String(loaded.source)) } : loaded;
  },
});
export const { default: postgres } = await import('postgres');
hooks.deregister();
