/**
 * Flags of the browser that the tests drive.
 *
 * Chromium draws the popup of its address bar as a web page, and loads two of them with each window, which is with each test, for something
 * that no test looks at: of 69 s of processor time that the run table's tests took, some 15. Of two `--disable-features` it takes the last,
 * so that Playwright's own list (`chromiumSwitches.ts`, 1.64) stands here again; those of Edge are left out.
 */
const OFF = [
  ...['WebUIOmniboxAimPopup', 'WebUIOmniboxPopup', 'WebUIOmniboxFullPopup', 'AimEnabled'],
  ...['AvoidUnnecessaryBeforeUnloadCheckSync', 'DestroyProfileOnBrowserClose', 'DialMediaRouteProvider', 'GlobalMediaControls'],
  ...['HttpsUpgrades', 'LensOverlay', 'MediaRouter', 'PaintHolding', 'ThirdPartyStoragePartitioning', 'Translate', 'AutoDeElevate'],
  ...['BlockOriginHeaderModificationOnRedirect', 'AvoidCorsURLLoaderRestartOnRedirect', 'OptimizationHints', 'NetworkTimeServiceQuerying'],
];

export const chromiumFlags = ['--no-sandbox', '--disable-dev-shm-usage', '--disable-gpu', `--disable-features=${OFF.join(',')}`];
