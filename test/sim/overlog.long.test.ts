import { ALL_DEATHS, testDeaths } from "./chord.ts";

testDeaths(ALL_DEATHS);
