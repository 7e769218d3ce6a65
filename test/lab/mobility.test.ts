import { testMonitor, testRoamer } from "./mobility.ts";

testMonitor("simulator");
testRoamer("simulator");
testRoamer("kernel");
