import { ALL_DEATHS, testDeaths, testRing } from "./chord.ts";

testRing(20);

testDeaths(ALL_DEATHS);
