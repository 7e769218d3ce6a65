import { testProgramSwaps } from "./program-swap.ts";

testProgramSwaps(60);
