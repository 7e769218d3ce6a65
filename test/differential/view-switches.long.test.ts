import { testViewSwitches } from "./view-switches.ts";

testViewSwitches(60);
