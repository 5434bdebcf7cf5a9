const sender = {apiHost: api.replace("http://", "") + "/v1", protocol: "http"};
const fromApi = {writeKey, cdnURL: api};
const inPage = {
  writeKey,
  cdnSettings: {
    integrations: {"Segment.io": {apiKey: writeKey, ...sender}},
    metrics: {sampleRate: 0},
  },
};
const delivered = (deliveryStrategy) => ({integrations: {"Segment.io": {deliveryStrategy}}});
const batches = (size) => delivered({strategy: "batching", config: {size, timeout: 60000}});
const kept = delivered({config: {keepalive: true}});
const laterAsEver = window.setTimeout.bind(window);
const pause = (ms) => new Promise((done) => laterAsEver(done, ms));
const WAYS = {
  counting: [fromApi],
  settings: [fromApi],
  page: [inPage],
  batching: [fromApi, batches(3)],
  keepalive: [fromApi, kept],
  leaving: [fromApi, kept],
  leaving_batch: [fromApi, batches(100)],
  many: [fromApi],
};

async function shop() {
  if (way === "counting") window.setTimeout = (run, ms) => laterAsEver(run, Math.min(ms, 500));
  const [analytics] = await AnalyticsNext.AnalyticsBrowser.load(...WAYS[way]);
  if (way.startsWith("leaving")) {
    analytics.user().id(user);
    analytics.track("Product Added", PRODUCT).catch(console.error);
    location.assign("left.html");
    return;
  }
  const calls = [
    analytics.identify(user, {email: "ada@example.org"}),
    analytics.track("Product Added", PRODUCT),
    analytics.page("Shop", {brand: "north"}),
  ];
  if (way === "many") calls.push(...[1, 2, 3].map(() => analytics.track("Product Viewed", PRODUCT)));
  await Promise.all(calls);
  if (way === "counting") await pause(1500);
  await say({anonymous: analytics.user().anonymousId()});
}

shop().catch((error) => say({failed: String(error)}));
