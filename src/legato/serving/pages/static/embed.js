// What a page tells the console in whose frame it is: how high it is, and what was taken up.
// To the origins that the server names and to no other; what the console says is not heard.
"use strict";
(() => {
  const parent = window.location.ancestorOrigins?.[0];
  const origins = document.body.dataset.console.split(" ").filter((each) => !parent || each === parent);
  const tell = (told) => { for (const origin of origins) window.parent.postMessage(told, origin); };
  if (window.parent === window) return;

  let height = 0;
  new ResizeObserver(() => {
    const now = Math.ceil(document.body.getBoundingClientRect().height);
    if (now === height) return;
    height = now;
    tell({ type: "legato:height", height });
  }).observe(document.body);

  new MutationObserver((changes) => {
    for (const { addedNodes } of changes) {
      for (const node of addedNodes) {
        const claimed = node.dataset?.claimed;
        if (claimed) tell({ type: "legato:claimed", action_id: claimed });
      }
    }
  }).observe(document.getElementById("toasts"), { childList: true });
})();
