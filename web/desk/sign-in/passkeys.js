/** The browser's passkey ceremonies, between the JSON of the desk and the objects of WebAuthn. */

/** Whether this browser and page can have passkeys: an insecure page cannot. */
export function hasPasskeys() {
  return typeof globalThis.PublicKeyCredential?.parseRequestOptionsFromJSON === "function";
}

/** A ceremony that the person cancelled, or that found no passkey: nothing was sent. */
export class CancelledError extends Error {}

/**
 * Asks the browser for a passkey of this desk.
 * @param {PublicKeyCredentialRequestOptionsJSON} options
 * @returns {Promise<object>} the credential as the desk takes it
 */
export function usePasskey(options) {
  const publicKey = PublicKeyCredential.parseRequestOptionsFromJSON(options);
  return asJson(navigator.credentials.get({ publicKey }));
}

/**
 * Asks the browser to make a passkey for this desk.
 * @param {PublicKeyCredentialCreationOptionsJSON} options
 * @returns {Promise<object>}
 */
export function makePasskey(options) {
  const publicKey = PublicKeyCredential.parseCreationOptionsFromJSON(options);
  return asJson(navigator.credentials.create({ publicKey }));
}

/** @param {Promise<Credential | null>} ceremony */
async function asJson(ceremony) {
  let credential;
  try {
    credential = await ceremony;
  } catch (error) {
    // NotAllowedError, AbortError, InvalidStateError: the browser has told the person more than the page may know.
    if (error instanceof DOMException) throw new CancelledError(error.name);
    throw error;
  }
  if (!(credential instanceof PublicKeyCredential)) throw new CancelledError("no credential");
  return credential.toJSON();
}
