// @xmpp/client as a desk (desk.py): it is told what to send, and says what became of it, a line of
// JSON each. Its words come as arguments; it ends with its input.
import { webcrypto } from "node:crypto";
import { createInterface } from "node:readline";
import { client, xml } from "@xmpp/client";
import { WebSocket } from "ws";

globalThis.WebSocket ??= WebSocket; // which Node.js has from 22 on
globalThis.crypto ??= webcrypto; // Node.js 18, which is Debian 12's, has it under that name alone

const [service, domain, username, password, resource] = process.argv.slice(2);

function say(what) {
  process.stdout.write(JSON.stringify(what) + "\n");
}

const xmpp = client({
  service,
  domain,
  resource,
  username,
  password,
  timeout: 20_000, // for each thing that it waits for
});

function presence(attrs, status) {
  return xml("presence", attrs, status && xml("status", {}, status));
}

xmpp.on("error", (error) => say({ event: "error", text: String(error) }));
xmpp.on("status", (status, value) => say({ event: status, value: String(value ?? "") }));
xmpp.on("online", () => xmpp.send(presence({})));
xmpp.streamManagement.on("resumed", () => say({ event: "resumed" }));
xmpp.on("stanza", ({ name, attrs, ...stanza }) => {
  const element = xml(name, attrs, stanza.children);
  say({
    event: name,
    from: attrs.from,
    type: attrs.type ?? "",
    status: element.getChildText("status") ?? "",
    body: element.getChildText("body") ?? "",
  });
});

createInterface({ input: process.stdin })
  .on("line", (line) => {
    const { to, type, status, body } = JSON.parse(line);
    xmpp.send(body ? xml("message", { to, type }, xml("body", {}, body))
                   : presence({ to, type }, status));
  })
  .on("close", () => xmpp.stop().finally(() => process.exit()));

xmpp.start().catch((error) => say({ event: "error", text: String(error) }));
