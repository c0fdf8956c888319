/** The requests of signing in, of invitations and of a person's own ways to sign in. */

/** @import { User } from "../shell/types.d.ts" */

/**
 * @typedef {object} Ways what the desk offers
 * @property {boolean} passkey
 * @property {{name: string} | null} oidc
 *
 * @typedef {object} Invitation
 * @property {"invite" | "reset" | "welcome"} kind
 * @property {string | null} name
 * @property {string} role
 *
 * @typedef {object} Setup the secret of an authenticator app
 * @property {string} setup
 * @property {string} secret
 * @property {string} uri
 * @property {{size: number, path: string}} qr
 *
 * @typedef {User & {recoveryCodes?: string[]}} NewUser
 */

/**
 * @param {import("../shell/api.js").DeskApi} api
 */
export function signInRequests(api) {
  /** @param {string} path @param {object} body @returns {Promise<any>} */
  const post = (path, body) => api.request("POST", path, { body });
  return {
    /** @returns {Promise<Ways>} */
    ways: () => api.request("GET", "/v1/sign-in"),
    passkeyOptions: () => post("/v1/session/passkey/options", {}),
    /** @param {object} credential @returns {Promise<User>} */
    withPasskey: (credential) => post("/v1/session/passkey", { credential }),
    /** @param {{name: string, password: string, code: string}} values @returns {Promise<User>} */
    withPassword: (values) => post("/v1/session/password", values),
    /** @param {string} code @returns {Promise<Invitation>} */
    invitation: (code) => post("/v1/invitation", { code }),
    /** @param {object} body */
    invitedPasskeyOptions: (body) => post("/v1/invitation/passkey/options", body),
    /** @param {object} body @returns {Promise<NewUser>} */
    invitedPasskey: (body) => post("/v1/invitation/passkey", body),
    /** @param {object} body @returns {Promise<Setup>} */
    invitedSetup: (body) => post("/v1/invitation/password/setup", body),
    /** @param {object} body @returns {Promise<NewUser>} */
    invitedPassword: (body) => post("/v1/invitation/password", body),
  };
}
