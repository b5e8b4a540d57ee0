import type { ISettingRegistry } from '@jupyterlab/settingregistry';
import type { TrackingSettings } from './tokens';

/** As in settings/tracking.json. */
export const defaultSettings: TrackingSettings = { pinnedMetric: '', badges: true, scope: 'notebook' };

export function readSettings(composite: ISettingRegistry.ISettings['composite']): TrackingSettings {
  const { pinnedMetric, badges, scope } = composite;
  return {
    pinnedMetric: typeof pinnedMetric === 'string' ? pinnedMetric.trim() : defaultSettings.pinnedMetric,
    badges: typeof badges === 'boolean' ? badges : defaultSettings.badges,
    scope: scope === 'experiment' || scope === 'all' ? scope : 'notebook',
  };
}
