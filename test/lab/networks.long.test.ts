import { ALL_SCENES } from "./networks.ts";

for (const testScene of ALL_SCENES) testScene("kernel");
