// What the desk does beyond forms: says how live it is, keeps taps in a dead network, reads codes.
// Without this script every page works; it only does not move by itself.
"use strict";
(() => {
  const SILENT_MS = 5000;
  const AGAIN_MS = 3000;
  const ANSWER_MS = 2000;
  const GIVE_UP_MS = 15000;
  const QUEUE = "legato-taps";
  const byId = (name) => document.getElementById(name);

  // In the frame of another site a browser may keep nothing: what waits, waits while the page stands.
  function storage(name) { try { return window[name]; } catch { return null; } }
  function heldHere() {
    const held = new Map();
    return {
      getItem: (key) => held.get(key) ?? null,
      setItem: (key, value) => held.set(key, value),
      removeItem: (key) => held.delete(key),
    };
  }

  // -- How live it is ------------------------------------------------------------------------

  const live = byId("live");
  const health = byId("health");
  let heardAt = Date.now();
  let trouble = "";
  let stream = null;
  let isOld = false;
  let anew = 0;

  function showHealth() {
    if (!live) return;
    const silent = Date.now() - heardAt > SILENT_MS;
    const what = silent ? "lost" : trouble;
    health.hidden = !what;
    if (what && health.dataset.shown !== what) health.textContent = health.dataset[what];
    health.dataset.shown = what;
    const state = silent || isOld ? "off" : "on";
    if (live.dataset.live !== state) {
      live.dataset.live = state;
      live.firstElementChild.textContent = live.dataset[state];
    }
  }

  // A stream that fell silent is as good as dead, and one that never began is not opened by htmx again.
  function openAgain() {
    if (document.hidden || Date.now() - heardAt < SILENT_MS) return;
    stream?.reader?.cancel();
    htmx.trigger(live, "again");
  }

  // What could not be fetched is old until it is, though the stream goes on: nothing else would fetch it soon.
  function fetched(event) {
    const { sourceElement, response } = event.detail.ctx;
    if (!sourceElement.matches('[hx-trigger^="changed"]')) return;
    isOld = !response || response.status === 429 || response.status >= 500;
    showHealth();
    clearTimeout(anew);
    if (isOld) anew = setTimeout(() => htmx.trigger(document.body, "changed"), AGAIN_MS);
  }

  if (live) {
    document.addEventListener("htmx:finally:request", fetched);
    live.addEventListener("beat", (event) => {
      heardAt = Date.now();
      trouble = event.detail.data;
      showHealth();
      sendTaps();
    });
    live.addEventListener("changed", () => { heardAt = Date.now(); showHealth(); });
    live.addEventListener("left", (event) => window.location.replace(event.detail.data || live.dataset.left));
    document.addEventListener("visibilitychange", () => { if (!document.hidden) heardAt = Date.now(); });
    live.addEventListener("htmx:sse:after:connection", (event) => { stream = event.detail.connection; });
    live.addEventListener("htmx:sse:error", (event) => {
      if (event.detail.status === 401) window.location.reload();
      if (event.detail.status === 404) window.location.replace(live.dataset.left);
    });
    setInterval(() => { if (!document.hidden) showHealth(); }, 500);
    setInterval(openAgain, AGAIN_MS);
  }

  // -- Taps: kept here until they have arrived, each under a key by which it is done once -------
  // What somebody tapped who has signed out since waits until they are back.

  const kept = storage("localStorage") ?? heldHere();
  const who = document.body.dataset.who;
  const readAll = () => { try { return JSON.parse(kept.getItem(QUEUE)) || []; } catch { return []; } };
  const read = () => readAll().filter((each) => who && each.who === who);
  const showWaiting = () => {
    const offline = byId("offline");
    const waits = read().length > 0;
    offline.hidden = !waits;
    offline.textContent = waits ? offline.dataset.waiting : "";
  };
  const change = (taps) => {
    kept.setItem(QUEUE, JSON.stringify(taps));
    if (!read().length) showWaiting();
  };
  const forget = (key) => change(readAll().filter((each) => each.key !== key));
  let sending = false;

  async function sendTap(tap) {
    const body = new URLSearchParams(tap.fields);
    const csrf = document.querySelector('input[name="csrf"]');
    if (csrf) body.set("csrf", csrf.value);
    const response = await fetch(tap.path, {
      method: "POST", body, headers: { "HX-Request": "true" }, redirect: "manual",
      signal: AbortSignal.timeout(GIVE_UP_MS),
    });
    if (response.status >= 500 || response.status === 401 || response.status === 429) throw new Error("later");
    return response.text();
  }

  async function sendTaps() {
    if (sending) return;
    sending = true;
    try {
      for (const tap of read()) {
        const answer = await sendTap(tap);
        forget(tap.key);
        showAnswer(answer);
        htmx.trigger(document.body, "changed");
      }
    } catch { showWaiting(); } finally { sending = false; }
  }

  function showAnswer(answer) {
    const toasts = byId("toasts");
    toasts.innerHTML = answer;
    htmx.process(toasts);
    for (const toast of toasts.querySelectorAll("[data-for-ms]")) {
      setTimeout(() => toast.remove(), Number(toast.dataset.forMs));
    }
  }

  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (!form.matches("form[data-tap]")) return;
    event.preventDefault();
    const fields = [...new FormData(form, event.submitter)].filter(([name]) => name !== "csrf");
    const key = fields.find(([name]) => name === "tap")?.[1] ?? crypto.randomUUID();
    change([...readAll().filter((each) => each.key !== key),
      { key, path: form.getAttribute("action"), fields, who }]);
    form.classList.add("waiting");
    form.closest("dialog, details")?.removeAttribute("open");
    if (!navigator.onLine) showWaiting();
    setTimeout(showWaiting, ANSWER_MS);
    sendTaps();
  });
  window.addEventListener("online", sendTaps);
  setInterval(() => { if (read().length) sendTaps(); }, AGAIN_MS);
  if (read().length) sendTaps();

  // -- A contact that is theirs opens by itself, once -------------------------------------------

  function pop() {
    const mine = document.querySelector("[data-pop]");
    const seen = storage("sessionStorage");
    if (!mine || !seen || seen.getItem("legato-popped") === mine.dataset.pop) return;
    seen.setItem("legato-popped", mine.dataset.pop);
    window.location.assign(mine.href);
  }
  document.addEventListener("htmx:after:swap", pop);
  pop();

  // -- Codes by the camera, where the browser reads them -----------------------------------------

  const scan = byId("scan");
  if (scan && "BarcodeDetector" in window && navigator.mediaDevices) {
    scan.hidden = false;
    scan.addEventListener("click", async () => {
      const video = byId("camera");
      const field = byId(scan.dataset.field);
      try {
        const stream = await navigator.mediaDevices.getUserMedia({ video: { facingMode: "environment" } });
        const detector = new BarcodeDetector();
        video.srcObject = stream;
        video.hidden = false;
        await video.play();
        const until = Date.now() + 30000;
        while (Date.now() < until) {
          const [code] = await detector.detect(video);
          if (code) { field.value = code.rawValue; field.form.requestSubmit(); break; }
          await new Promise((go) => setTimeout(go, 200));
        }
        stream.getTracks().forEach((track) => track.stop());
      } catch { byId("camera-off").hidden = false; }
      video.hidden = true;
    });
  }
})();
