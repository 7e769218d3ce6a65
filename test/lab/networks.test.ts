import { ALL_SCENES, testGateway, testRate, testTranslation } from "./networks.ts";

for (const testScene of ALL_SCENES) testScene("simulator");

// `networks.long.test.ts` has the other scenes.
for (const testScene of [testTranslation, testGateway, testRate]) testScene("kernel");
