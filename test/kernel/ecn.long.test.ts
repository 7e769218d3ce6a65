import { ALL_CASES, testEcn } from "./ecn.ts";

testEcn(ALL_CASES);
