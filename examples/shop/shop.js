// A small shop: what there is, what lies in the cart, who is signed in.
"use strict";
const ARTICLES = [
  { sku: "RUN-42", name: "Runner Air", size: "42", price: 89, colour: "#2f6f5e", kind: "shoe" },
  { sku: "RUN-43", name: "Runner Air", size: "43", price: 89, colour: "#8a4b2f", kind: "shoe" },
  { sku: "TRAIL-42", name: "Trail Grip", size: "42", price: 129, colour: "#31506f", kind: "shoe" },
  { sku: "CITY-40", name: "City Sneaker", size: "40", price: 75, colour: "#7a3657", kind: "shoe" },
  { sku: "SOCK-M", name: "Wool socks", size: "M", price: 9.5, colour: "#6b6a3a", kind: "sock" },
  { sku: "LACE-120", name: "Laces", size: "120 cm", price: 4.5, colour: "#444", kind: "lace" },
];
const SHAPES = {
  shoe: "M8 58c0-14 6-26 14-30l12 8c6 4 14 10 26 12 14 2 24 4 24 14v4H8z",
  sock: "M34 8h24v34l18 14c6 5 4 14-4 16-10 2-22-2-30-12l-8-10z",
  lace: "M14 60c10-40 20-40 28-10s18 30 28-12",
};
const euro = (amount) => amount.toLocaleString("en-IE", { style: "currency", currency: "EUR" });
const read = (name, none) => JSON.parse(localStorage.getItem(name) || "null") ?? none;
const write = (name, value) => localStorage.setItem(name, JSON.stringify(value));
const cart = () => read("shop-cart", {});
const lines = () => ARTICLES.filter((each) => cart()[each.sku]).map((each) => ({ ...each, quantity: cart()[each.sku] }));
const total = () => lines().reduce((sum, each) => sum + each.price * each.quantity, 0);
const told = ({ sku, name, size, price }) => ({ sku, name, size, price, currency: "EUR" });
const find = (name) => document.getElementById(name);

function make(tag, attributes, ...children) {
  const element = Object.assign(document.createElement(tag), attributes);
  element.append(...children);
  return element;
}

function photo({ colour, kind }) {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  svg.setAttribute("viewBox", "0 0 92 76");
  svg.setAttribute("aria-hidden", "true");
  const path = document.createElementNS("http://www.w3.org/2000/svg", "path");
  path.setAttribute("d", SHAPES[kind]);
  path.setAttribute("fill", kind === "lace" ? "none" : colour);
  path.setAttribute("stroke", colour);
  path.setAttribute("stroke-width", kind === "lace" ? 6 : 0);
  svg.append(path);
  return svg;
}

function put(article, quantity) {
  const now = { ...cart(), [article.sku]: (cart()[article.sku] || 0) + quantity };
  if (now[article.sku] <= 0) delete now[article.sku];
  write("shop-cart", now);
  const properties = { ...told(article), quantity: Math.abs(quantity), cart_id: cartId() };
  legato.track(quantity > 0 ? "Product Added" : "Product Removed", properties);
  show();
}

function cartId() {
  let id = localStorage.getItem("shop-cart-id");
  if (!id) localStorage.setItem("shop-cart-id", (id = crypto.randomUUID()));
  return id;
}

const pages = {
  index() {
    find("articles").replaceChildren(...ARTICLES.map((each) => make("li", {},
      photo(each), make("h2", { textContent: each.name }),
      make("p", { textContent: `Size ${each.size} · ${euro(each.price)}` }),
      make("button", { textContent: "Put into the cart", ariaLabel: `Put into the cart: ${each.name}, size ${each.size}`, onclick: () => put(each, 1) }))));
  },
  cart() {
    find("lines").replaceChildren(...lines().map((each) => make("li", {},
      photo(each), make("span", { textContent: `${each.quantity} × ${each.name}, size ${each.size}` }),
      make("strong", { textContent: euro(each.price * each.quantity) }),
      make("button", { textContent: "Take out", className: "plain", ariaLabel: `Take out: ${each.name}`, onclick: () => put(each, -each.quantity) }))));
    find("total").textContent = lines().length ? `Together ${euro(total())}` : "Your cart is empty.";
    find("order").hidden = !lines().length;
    find("who-orders").textContent = read("shop-who") ? "" : "Please sign in first, so that we know where to write.";
    find("pick-up").disabled = !read("shop-who");
  },
  account() {
    const who = read("shop-who");
    find("sign-in").hidden = Boolean(who);
    find("signed-in").hidden = !who;
    if (who) { find("hello").textContent = `Hello ${who.first}.`; find("card").textContent = who.card; }
  },
  thanks() {},
};

function show() {
  const count = lines().reduce((sum, each) => sum + each.quantity, 0);
  find("cart-link").textContent = count ? `Cart (${count})` : "Cart";
  find("account-link").textContent = read("shop-who") ? read("shop-who").first : "Sign in";
  pages[document.body.dataset.page]();
}

async function signIn(event) {
  event.preventDefault();
  const form = new FormData(event.target);
  const digits = crypto.getRandomValues(new Uint32Array(1))[0] % 9000 + 1000;
  const first = form.get("first").trim();
  write("shop-who", { first, email: form.get("email").trim(), card: `L-${digits}` });
  await legato.track("Signed In", {});
  await legato.identify({ first_name: first, language: "en" });
  show();
}

async function order() {
  const products = lines().map((each) => ({ ...told(each), quantity: each.quantity }));
  const orderId = `o-${crypto.randomUUID().slice(0, 8)}`;
  await legato.track("Checkout Started", { cart_id: cartId(), products, total: total() });
  await legato.track("Order Completed", { order_id: orderId, cart_id: cartId(), products, total: total(), currency: "EUR" });
  await legato.track("order.ready_for_pickup", { order_id: orderId, venue: "berlin-1" });
  localStorage.removeItem("shop-cart");
  localStorage.removeItem("shop-cart-id");
  window.location.assign("thanks.html");
}

document.addEventListener("DOMContentLoaded", () => {
  legato.page(document.title);
  find("sign-in")?.addEventListener("submit", signIn);
  find("pick-up")?.addEventListener("click", order);
  find("sign-out")?.addEventListener("click", async () => {
    await legato.track("Signed Out", {});
    ["shop-who", "shop-cart", "shop-cart-id", "shop-visitor"].forEach((name) => localStorage.removeItem(name));
    window.location.assign("index.html");
  });
  show();
});
