// What htmx does is said: a bar while it waits, a sentence when it fails. The sentences stand on <body> as data-cchc-text-….

const words = document.body.dataset;
let waiting = 0;
let bar = null;

function showBar() {
  if (bar) return;
  bar = document.createElement("div");
  bar.className = "request-bar";
  bar.setAttribute("aria-hidden", "true");
  document.body.append(bar);
}

function hideBar() {
  bar?.remove();
  bar = null;
}

function clear() {
  document.getElementById("request-state")?.remove();
}

function link(text, href) {
  const anchor = document.createElement("a");
  anchor.textContent = text;
  anchor.href = href;
  return anchor;
}

function say(text, level, follow) {
  clear();
  const note = document.createElement("div");
  note.id = "request-state";
  note.className = `request-state message message--${level}`;
  note.setAttribute("role", "alert");
  const body = document.createElement("div");
  body.className = "message-body";
  body.append(`${text} `);
  if (follow) body.append(follow);
  const close = document.createElement("button");
  close.type = "button";
  close.className = "button button--quiet button--small";
  close.textContent = words.cchcTextClose;
  close.addEventListener("click", clear);
  note.append(body, close);
  document.body.append(note);
}

function signIn() {
  return link(words.cchcTextSignIn, `${words.cchcLogin}?next=${encodeURIComponent(location.pathname + location.search)}`);
}

// The server answers an ended session with the page to sign in, which must not land in the middle of a list.
function isSignIn(xhr) {
  return Boolean(xhr.responseURL) && new URL(xhr.responseURL).pathname === words.cchcLogin;
}

document.addEventListener("htmx:beforeRequest", () => {
  waiting += 1;
  window.setTimeout(() => waiting > 0 && showBar(), 150);
});
document.addEventListener("htmx:afterRequest", (event) => {
  waiting = Math.max(0, waiting - 1);
  if (waiting === 0) hideBar();
  if (event.detail.successful && !isSignIn(event.detail.xhr)) clear();
});
document.addEventListener("htmx:beforeSwap", (event) => {
  if (!isSignIn(event.detail.xhr)) return;
  event.detail.shouldSwap = false;
  say(words.cchcTextExpired, "warning", signIn());
});
document.addEventListener("htmx:responseError", (event) => {
  const status = event.detail.xhr.status;
  if (status === 401) say(words.cchcTextExpired, "warning", signIn());
  else if (status === 403) say(words.cchcTextForbidden, "error");
  else if (status === 409) say(words.cchcTextConflict, "warning", link(words.cchcTextReload, location.href));
  else say(words.cchcTextError, "error");
});
document.addEventListener("htmx:sendError", () => say(words.cchcTextNetwork, "error"));
document.addEventListener("htmx:timeout", () => say(words.cchcTextNetwork, "error"));
