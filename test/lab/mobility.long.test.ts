import { testMonitor, testRoamer } from "./mobility.ts";

testMonitor("kernel");
testRoamer("kernel");
