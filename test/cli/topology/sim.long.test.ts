import { DEMO, testAgreement } from "./agreement.ts";

testAgreement({
  title: "the demonstration",
  file: DEMO,
  expectations: ["no outage longer than 3000 ms", "a reaches b", "path a → b"],
});
