// Where Legato's API is, and the key of this page. `make demo` serves another in its place.
window.shopConfig = { api: "http://localhost:8088", key: "" };
