// Passkeys: hands each form that is marked for it to django-allauth's script, and says in words when a device refuses.
(() => {
  "use strict";
  const START = { add: "addForm", authenticate: "authenticateForm", login: "loginForm" };
  for (const form of document.querySelectorAll("form[data-passkey]")) {
    const button = document.getElementById(form.dataset.passkeyButton);
    if (!button || !window.PublicKeyCredential) continue;
    const passwordless = form.querySelector("[name=passwordless]");
    const ids = { [form.dataset.passkey]: button.id, credential: form.querySelector("[name=credential]").id, data: "js_data" };
    if (passwordless) ids.passwordless = passwordless.id;
    window.allauth.webauthn.forms[START[form.dataset.passkey]]({ ids });
    button.disabled = false;
    for (const note of document.querySelectorAll("[data-passkey-missing]")) note.hidden = true;
  }
  document.addEventListener("allauth.error", (event) => {
    event.preventDefault();
    for (const note of document.querySelectorAll("[data-passkey-failed]")) { note.hidden = false; note.focus(); }
  });
})();
