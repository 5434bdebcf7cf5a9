// What happens on the page, told to Legato as Segment's calls.
"use strict";
const legato = (() => {
  const { api, key } = window.shopConfig;
  const stored = (name, make) => {
    let value = localStorage.getItem(name);
    if (!value) localStorage.setItem(name, (value = make()));
    return value;
  };
  const anonymousId = stored("shop-visitor", () => crypto.randomUUID());

  async function send(call, told) {
    const who = JSON.parse(localStorage.getItem("shop-who") || "null");
    const traits = who ? { email: who.email, loyalty_id: who.card } : {};
    const now = new Date().toISOString();
    const body = {
      ...told, writeKey: key, messageId: crypto.randomUUID(), timestamp: now, sentAt: now, anonymousId,
      context: { traits, locale: document.documentElement.lang, timezone: Intl.DateTimeFormat().resolvedOptions().timeZone },
    };
    for (let attempt = 1; attempt <= 4; attempt += 1) {
      try {
        const answer = await fetch(`${api}/v1/${call}`, {
          method: "POST", keepalive: true, headers: { "Content-Type": "application/json" }, body: JSON.stringify(body),
        });
        if (answer.ok) return;
        if (answer.status < 500 && answer.status !== 429) throw new Error(`Legato refused a call: ${answer.status}`);
      } catch (error) {
        if (attempt === 4) console.error(error);
      }
      await new Promise((go) => setTimeout(go, 500 * 2 ** attempt));
    }
  }

  return {
    page: (name) => send("page", { name }),
    track: (event, properties) => send("track", { event, properties }),
    identify: (traits) => send("identify", { traits }),
  };
})();
