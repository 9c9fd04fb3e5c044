/** Passkeys: hands the server's questions to the device and its answers back to the form (通行密钥). */
import { all, one } from "./dom";
import { t } from "./words";

type Json = Record<string, unknown>;

function bytes(text: string): ArrayBuffer {
  const plain = atob(text.replace(/-/g, "+").replace(/_/g, "/"));
  return Uint8Array.from(plain, (sign) => sign.charCodeAt(0)).buffer;
}

function text(buffer: ArrayBuffer | null): string | null {
  if (!buffer) return null;
  const plain = String.fromCharCode(...new Uint8Array(buffer));
  return btoa(plain).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");
}

function named(list: unknown): PublicKeyCredentialDescriptor[] {
  return ((list as Json[]) ?? []).map((one) => ({ ...one, id: bytes(one.id as string) }) as never);
}

function asked(options: Json): Json {
  const key = { ...(options.publicKey as Json) };
  key.challenge = bytes(key.challenge as string);
  if (key.user) key.user = { ...(key.user as Json), id: bytes((key.user as Json).id as string) };
  if (key.excludeCredentials) key.excludeCredentials = named(key.excludeCredentials);
  if (key.allowCredentials) key.allowCredentials = named(key.allowCredentials);
  return { publicKey: key };
}

function answered(credential: PublicKeyCredential): string {
  const given = credential.response as AuthenticatorAttestationResponse & AuthenticatorAssertionResponse;
  const response: Json = { clientDataJSON: text(given.clientDataJSON) };
  if (given.attestationObject) {
    response.attestationObject = text(given.attestationObject);
    response.transports = given.getTransports?.() ?? [];
  } else {
    response.authenticatorData = text(given.authenticatorData);
    response.signature = text(given.signature);
    response.userHandle = text(given.userHandle);
  }
  return JSON.stringify({
    id: credential.id,
    rawId: text(credential.rawId),
    type: credential.type,
    response,
    authenticatorAttachment: credential.authenticatorAttachment,
    clientExtensionResults: credential.getClientExtensionResults(),
  });
}

async function options(form: HTMLFormElement): Promise<Json> {
  const held = one<HTMLScriptElement>("script[type='application/json']", form);
  if (held) return JSON.parse(held.textContent ?? "{}") as Json;
  const answer = await fetch(form.action, { headers: { Accept: "application/json", "X-Requested-With": "XMLHttpRequest" } });
  if (!answer.ok) throw new Error(String(answer.status));
  return (await answer.json()) as Json;
}

async function ask(form: HTMLFormElement): Promise<void> {
  const line = one<HTMLElement>("[data-passkey-line]", form);
  const field = one<HTMLInputElement>("input[name='credential']", form);
  if (!field) return;
  try {
    const given = await options(form);
    const credential = given.creation_options
      ? await navigator.credentials.create(asked(given.creation_options as Json))
      : await navigator.credentials.get(asked(given.request_options as Json));
    if (!credential) throw new Error("none");
    field.value = answered(credential as PublicKeyCredential);
    form.submit();
  } catch {
    if (line) line.textContent = t("没有完成。再试一次，或换一种方式");
  }
}

/** Shows what needs a passkey where the device knows them, and asks when its button is pressed. */
export function watchPasskeys(): void {
  if (!window.PublicKeyCredential) return;
  for (const form of all<HTMLFormElement>("form[data-passkey]")) {
    form.hidden = false;
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      void ask(form);
    });
  }
}
