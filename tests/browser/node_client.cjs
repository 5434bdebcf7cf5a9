const {Analytics} = require("@segment/analytics-node");

const [host, writeKey, userId, count] = process.argv.slice(2);
const analytics = new Analytics({host, writeKey, flushAt: count === "1" ? 15 : 1});
const statuses = [];
const failed = [];
analytics.on("http_response", ({status}) => statuses.push(status));
analytics.on("error", ({reason}) => failed.push(String(reason)));

const anHourAgo = new Date(Date.now() - 3600e3);
analytics.identify({userId, traits: {email: "ada@example.org"}});
for (let number = 0; number < Number(count); number++)
  analytics.track({userId, event: "Product Viewed", properties: {sku: "SHOE-42"}, timestamp: anHourAgo});

analytics.closeAndFlush({timeout: 120e3}).then(() => console.log(JSON.stringify({statuses, failed})));
