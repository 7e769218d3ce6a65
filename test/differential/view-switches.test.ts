import { testOrderOfAnswers, testViewSwitches } from "./view-switches.ts";

testViewSwitches(1.5);

testOrderOfAnswers();
