/** The parts of an endpoint's page, in their order; each is a link. */
export const ENDPOINT_TABS = ['overview', 'try', 'requests', 'drift', 'use', 'hosts', 'settings'] as const;
export type EndpointTab = (typeof ENDPOINT_TABS)[number];

/** What the address says, or the first one where it says something else. */
export const endpointTabOf = (said: string | undefined): EndpointTab => ENDPOINT_TABS.find((tab) => tab === said) ?? 'overview';
