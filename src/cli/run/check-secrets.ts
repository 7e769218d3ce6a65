import type { Secrets } from "../../../runtime/engine/strand-context.ts";
import type { Plan } from "../../../runtime/plan/contract/plan.ts";
import { wrongUsage } from "../terminal/failure.ts";

/** Refuses a program that names a secret which the node does not have. */
export function checkSecrets(plan: Plan, secrets: Secrets = new Map()): void {
  const missing = plan.secrets.find((name) => !secrets.has(name));
  if (missing !== undefined)
    throw wrongUsage("--secret", `the program needs the secret \`${missing}\`: --secret ${missing}=FILE`);
}
